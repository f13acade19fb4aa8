import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { PromptContent } from "./content.ts";
import { renderPrompt } from "./render.ts";
import type { PromptVariable } from "./variable.schema.ts";

const prompt = (text: string, ...variables: PromptVariable[]): PromptContent => ({ text, parameters: {}, variables });
const rendered = (content: PromptContent, values: object) => renderPrompt(content, { ...values }).text;

describe("rendering", () => {
  test("puts values where their names stand, defaults where none is given, nothing where none need be", () => {
    const content = prompt(
      "{{greeting}} {{name}}{{title}}",
      { name: "greeting", default: "Hello" },
      { name: "name" },
      { name: "title", required: false },
    );
    expect(rendered(content, { name: "Ada" })).toBe("Hello Ada");
    expect(rendered(content, { name: "Ada", greeting: "Dear", title: ", Countess" })).toBe("Dear Ada, Countess");
  });

  test("never looks at a value again, and escapes nothing", () => {
    const values = fc.record({
      a: fc.string({ unit: "binary" }),
      b: fc.oneof(fc.string(), fc.constant("{{a}} <&> {{{b}}}")),
    });
    const content = prompt("[{{a}}|{{b}}|{{a}}]", { name: "a" }, { name: "b" });
    fc.assert(
      fc.property(values, ({ a, b }) => {
        expect(rendered(content, { a, b })).toBe(`[${a}|${b}|${a}]`);
      }),
    );
  });

  test("writes numbers, truth values and JSON as JSON", () => {
    const content = prompt("{{n}} {{i}} {{b}} {{j}}", ...TYPED);
    expect(rendered(content, { n: 0.5, i: 3, b: false, j: { z: [1, "x"] } })).toBe('0.5 3 false {"z":[1,"x"]}');
    expect(rendered(content, { n: 1, i: 3, b: true, j: "text" })).toBe('1 3 true "text"');
  });

  test("names every value that is missing, unknown, or of another type", () => {
    const content = prompt("{{n}} {{i}} {{b}} {{j}} {{s}}", ...TYPED, { name: "s" });
    try {
      renderPrompt(content, { n: "1", i: 1.5, b: "true", s: 5, x: 1, constructor: 2 });
      expect.unreachable();
    } catch (error) {
      const fields = error instanceof Error && "violations" in error ? error.violations : null;
      expect(fields).toMatchObject(
        ["n", "i", "b", "j", "s", "x", "constructor"].map((name) => ({ field: `variables.${name}` })),
      );
    }
  });

  test("leaves a prompt alone that declares nothing, braces and all, and takes no values for it", () => {
    const plain: PromptContent = { messages: [{ role: "user", content: "{{x}}" }], parameters: {} };
    expect(renderPrompt(plain, {})).toBe(plain);
    expect(() => renderPrompt(plain, { x: 1 })).toThrow("declares no variables");
  });

  test("takes names that every object has for names like others", () => {
    expect(() => renderPrompt(prompt("{{toString}}", { name: "toString" }), {})).toThrow(
      "variables.toString is missing",
    );
    expect(rendered(prompt("{{__proto__}}", { name: "__proto__" }), JSON.parse('{"__proto__": "x"}'))).toBe("x");
  });
});

const TYPED: PromptVariable[] = [
  { name: "n", type: "number" },
  { name: "i", type: "integer" },
  { name: "b", type: "boolean" },
  { name: "j", type: "json" },
];
