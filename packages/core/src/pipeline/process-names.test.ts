import fc from "fast-check";
import { expect, test } from "vitest";
import { nameExpression, namesProcess } from "./process-names.ts";

/** The expression is RE2's; what differs in JavaScript is put into its words. */
const inJavaScript = (expression: string): RegExp => new RegExp(expression.replace(/\\z$/, "$(?!\\n)"), "su");
const read = (names: string[]): RegExp => inJavaScript(nameExpression(names).replaceAll("\\x{", "\\u{"));

const name = fc.string({ minLength: 1, maxLength: 12, unit: "binary" }).filter((text) => !/[\ud800-\udfff]/.test(text));
const plain = name.filter((text) => !text.includes("*"));

test("an expression matches its own names and no others, whatever characters they have", () => {
  fc.assert(
    fc.property(fc.array(plain, { minLength: 1, maxLength: 5 }), plain, (names, other) => {
      const expression = read(names);
      for (const one of names) expect(expression.test(one)).toBe(true);
      expect(expression.test(other)).toBe(names.includes(other));
    }),
  );
});

test("the collector's rule and ours agree about stars", () => {
  const few = fc.string({ unit: fc.constantFrom("a", "b", "*", "."), minLength: 1, maxLength: 6 });
  const process = fc.string({ unit: fc.constantFrom("a", "b", "."), maxLength: 8 });
  fc.assert(
    fc.property(fc.array(few, { minLength: 1, maxLength: 4 }), process, (names, one) => {
      expect(namesProcess(names, one)).toBe(read(names).test(one));
    }),
  );
});

test("a name cannot break out of the text that it is put into", () => {
  expect(nameExpression(['a"b\\$`'])).toMatch(/^[\w^(?:)\\{}-]+$/);
});

test("no names match nothing", () => {
  expect(inJavaScript("[^\\u{0}-\\u{10ffff}]").test("a")).toBe(false);
  expect(nameExpression([])).toBe("[^\\x00-\\x{10FFFF}]");
});
