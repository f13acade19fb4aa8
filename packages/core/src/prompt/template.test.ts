import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseTemplate, placeholdersOf, TemplateError } from "./template.ts";

describe("a template", () => {
  test("is cut at its variables, blanks inside the braces aside", () => {
    expect(parseTemplate("Hello {{ name }}, {{greeting}}!")).toEqual([
      { text: "Hello " },
      { name: "name", start: 6 },
      { text: ", " },
      { name: "greeting", start: 18 },
      { text: "!" },
    ]);
    expect(placeholdersOf(parseTemplate("{{b}} {{a}} {{b}}"))).toEqual(["b", "a"]);
  });

  test("without double braces is its text, whatever else stands there", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        fc.pre(!text.includes("{{"));
        expect(parseTemplate(text)).toEqual(text === "" ? [] : [{ text }]);
      }),
    );
    expect(parseTemplate('{"a": {"b": 1}} <b>&amp;</b>')).toEqual([{ text: '{"a": {"b": 1}} <b>&amp;</b>' }]);
  });

  test("is read whole or refused by name and place, whatever stands between the braces", () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.constantFrom("{{", "}}", "{{{", "#", "/", "=", "a", " ", "\n"), fc.string())),
        (pieces) => {
          const text = pieces.join("");
          try {
            const parts = parseTemplate(text);
            const names = parts.flatMap((part) => ("name" in part ? [part] : []));
            for (const { name, start } of names)
              expect(text.slice(start).replace(/^\{\{\s*/, "")).toMatch(new RegExp(`^${name}`));
          } catch (error) {
            expect(error).toBeInstanceOf(TemplateError);
            expect(String(error)).toMatch(/line \d+, column \d+/);
          }
        },
      ),
    );
  });

  test.each([
    ["a {{#list}}x{{/list}}", "line 1, column 3", "{{#list}}x{{/list}}"],
    ["a\n  {{> partial}}", "line 2, column 3", "{{> partial}}"],
    ["{{{raw}}}", "line 1, column 1", "{{{raw}}}"],
    ["{{user.name}}", "line 1, column 1", "{{user.name}}"],
    ["{{=<% %>=}}", "line 1, column 1", "{{=<% %>=}}"],
    ["{{}}", "line 1, column 1", "{{}}"],
    ["x {{open", "line 1, column 3", "{{open"],
  ])("with anything but variables in its braces is refused: %s", (text, place, found) => {
    try {
      parseTemplate(text);
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ found, message: expect.stringContaining(place) });
    }
  });
});
