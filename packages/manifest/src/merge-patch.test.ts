import { mergePatch } from "@sluice/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { mergePatchBetween } from "./merge-patch.ts";

test("what differs is in the patch, what goes is null, what stays is not mentioned", () => {
  const from = { replicas: 2, env: { MODE: "good", OLD: "1" }, scaling: null };
  const to = { replicas: 3, env: { MODE: "good" }, scaling: null };
  expect(mergePatchBetween(from, to)).toEqual({ replicas: 3, env: { OLD: null } });
});

test("applied to the one document, the patch makes the other", () => {
  const leaf = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.array(fc.integer(), { maxLength: 3 }));
  const key = fc.constantFrom("a", "b", "c");
  const document = fc.letrec((tie) => ({
    document: fc.dictionary(key, fc.oneof({ depthSize: "small" }, leaf, tie("document")), { noNullPrototype: true }),
  })).document as fc.Arbitrary<Record<string, unknown>>;
  fc.assert(
    fc.property(document, document, (from, to) => {
      expect(mergePatch(from, mergePatchBetween(from, to))).toEqual(to);
    }),
  );
});
