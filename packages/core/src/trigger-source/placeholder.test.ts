import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { placeholdersInside, placeholderValues, render, renderInside, versionName } from "./placeholder.ts";
import { NO_EVENT } from "./source.event.ts";

const commit = "6113728f27ae82c7b1a177c8d03f9e96e0adf246";
const event = { ...NO_EVENT, tag: "v1.2.0", commit, repository: "acme/greeter", inputs: { region: "eu" } };
const values = placeholderValues(event, "2026-11-21");

describe("placeholders", () => {
  test("are filled in from the event", () => {
    const text = "{{tag}} {{ shortCommit }} {{repository}} {{inputs.region}} {{date}}";
    expect(render(text, values)).toBe("v1.2.0 6113728 acme/greeter eu 2026-11-21");
  });

  test("that are not ours stay as they are: prompts have their own", () => {
    expect(render("Hello {{name}}", values)).toBe("Hello {{name}}");
  });

  test("without a value are an error that says so", () => {
    expect(() => render("{{branch}}", values)).toThrow("{{branch}} has no value: the event does not name it");
    expect(() => render("{{inputs.zone}}", values)).toThrow("{{inputs.zone}} has no value");
  });

  test("are filled in everywhere inside a specification, and only in texts", () => {
    const spec = { image: "greeter:{{tag}}", env: { COMMIT: "{{commit}}" }, command: ["run", "{{tag}}"], port: 80 };
    expect(renderInside(spec, values)).toEqual({
      image: "greeter:v1.2.0",
      env: { COMMIT: commit },
      command: ["run", "v1.2.0"],
      port: 80,
    });
    expect(placeholdersInside(spec)).toEqual(["tag", "commit", "tag"]);
  });

  test("what is filled in is text and never read again", () => {
    const braces = placeholderValues({ ...event, tag: "{{commit}}" }, "2026-11-21");
    expect(render("{{tag}}", braces)).toBe("{{commit}}");
    fc.assert(
      fc.property(fc.string(), (tag) => {
        expect(render("<{{tag}}>", placeholderValues({ ...event, tag }, "2026-11-21"))).toBe(`<${tag}>`);
      }),
    );
  });
});

describe("the name of a version", () => {
  test.each([
    ["{{tag}}", false, "v1.2.0"],
    ["{{tag}}", true, "1.2.0"],
    ["{{tag}}+{{shortCommit}}", true, "1.2.0+6113728"],
    ["nightly-{{date}}", true, "nightly-2026-11-21"],
  ])("%s, the leading v stripped %s, is %s", (template, stripLeadingV, name) => {
    expect(versionName(template, { stripLeadingV }, values)).toBe(name);
  });

  test("has dashes for what it cannot be named with", () => {
    const branch = placeholderValues({ ...event, branch: "feature/größer!" }, "2026-11-21");
    expect(versionName("{{branch}}", { stripLeadingV: false }, branch)).toBe("feature-gr-er-");
  });

  test("keeps a v that begins a word", () => {
    const branch = placeholderValues({ ...event, branch: "vienna" }, "2026-11-21");
    expect(versionName("{{branch}}", { stripLeadingV: true }, branch)).toBe("vienna");
  });

  test("is one that versions can have, whatever the branch is called", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 100 }), (branch) => {
        const name = versionName("{{branch}}", { stripLeadingV: false }, placeholderValues({ ...event, branch }, "x"));
        expect(name === "" || /^[A-Za-z0-9][-A-Za-z0-9._+]*$/.test(name)).toBe(true);
      }),
    );
  });
});
