import fc from "fast-check";
import { expect, test } from "vitest";
import { canonicalJson, digestOf } from "./digest.ts";

// edge case 41
test("a digest depends on content, not on the order of keys", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (document) => {
      const reversed = Object.fromEntries(Object.entries(document).reverse());
      expect(digestOf(reversed)).toBe(digestOf(document));
    }),
  );
});

test("a digest is SHA-256 of the canonical form, fixed for ever", () => {
  expect(canonicalJson({ b: 1, a: [true, null, "é"] })).toBe('{"a":[true,null,"é"],"b":1}');
  expect(digestOf({})).toBe("sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
});

test("what is not JSON has no digest", () => {
  expect(() => digestOf(undefined)).toThrow("canonical");
});
