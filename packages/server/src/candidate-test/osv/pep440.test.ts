import fc from "fast-check";
import { expect, test } from "vitest";
import { comparePep440 } from "./pep440.ts";

/** From the text of PEP 440, each before the next. */
const ORDERED = [
  "1.dev0",
  "1.0.dev456",
  "1.0a1",
  "1.0a2.dev456",
  "1.0a12.dev456",
  "1.0a12",
  "1.0b1.dev456",
  "1.0b2",
  "1.0b2.post345.dev456",
  "1.0b2.post345",
  "1.0rc1.dev456",
  "1.0rc1",
  "1.0",
  "1.0.post456.dev34",
  "1.0.post456",
  "1.0.15",
  "1.1.dev1",
  "1!0.1",
];

test("versions are in the order of the standard", () => {
  for (const [index, left] of ORDERED.entries()) {
    for (const right of ORDERED.slice(index + 1)) {
      expect([left, right, comparePep440(left, right)]).toEqual([left, right, -1]);
      expect([right, left, comparePep440(right, left)]).toEqual([right, left, 1]);
    }
  }
});

test.each([
  ["1.0", "1.0.0"],
  ["1.0-1", "1.0.post1"],
  ["1.0-alpha.1", "1.0a1"],
  ["v1.0RC1", "1.0c1"],
  ["1.0+local.1", "1.0"],
])("%s and %s are one version", (left, right) => {
  expect(comparePep440(left, right)).toBe(0);
});

test("what is no version is not compared, and anything ends", () => {
  expect(comparePep440("1.0", "latest")).toBeNull();
  fc.assert(
    fc.property(fc.string(), fc.stringMatching(/^[0-9.a-z!+_-]{0,200}$/), (left, right) => {
      const [forth, back] = [comparePep440(left, right), comparePep440(right, left)];
      expect(back === null ? null : -back || 0).toBe(forth === null ? null : forth || 0);
    }),
  );
});
