import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { matchesGlob } from "./glob.ts";

describe("globs", () => {
  test.each([
    ["main", "main", true],
    ["main", "maine", false],
    ["*", "main", true],
    ["*", "a/b", false],
    ["**", "a/b", true],
    ["a/**", "a/b/c", true],
    ["a/**", "ab", false],
    ["a/**/b", "a/b", true],
    ["a/**/b", "a/x/y/b", true],
    ["a/**/b", "a/xb", false],
    ["**/*.ts", "a.ts", true],
    ["**/*.ts", "src/deep/a.ts", true],
    ["*.ts", "src/a.ts", false],
    ["v?.?", "v1.2", true],
    ["v?.?", "v1/2", false],
    ["v[0-9]*", "v1.2.3", true],
    ["v[!0-9]*", "v1.2.3", false],
    ["{main,next}", "next", true],
    ["{a,b}/{c,d}", "b/c", true],
    ["{a", "{a", true],
    ["[a", "[a", true],
    ["\\*", "*", true],
    ["\\*", "x", false],
    ["größe*", "größe-1", true],
    ["", "", true],
  ])("%s and %s: %s", (glob, text, matched) => {
    expect(matchesGlob(glob, text)).toBe(matched);
  });

  test("a text without signs matches itself and no other", () => {
    const plain = fc.string({ unit: fc.constantFrom(..."ab/.-_v1"), maxLength: 12 });
    fc.assert(fc.property(plain, plain, (one, other) => matchesGlob(one, other) === (one === other)));
  });

  test("two stars match everything", () => {
    fc.assert(fc.property(fc.string(), (text) => matchesGlob("**", text)));
  });

  test("patterns made to be slow are read as fast as others", () => {
    expect(matchesGlob(`${"*a".repeat(120)}b`, "a".repeat(4_000))).toBe(false);
    expect(matchesGlob(`${"+(a|a)".repeat(40)}b`, "a".repeat(4_000))).toBe(false);
    expect(matchesGlob("{a,b}".repeat(50), "a".repeat(50))).toBe(false);
  });
});
