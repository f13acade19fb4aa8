import fc from "fast-check";
import { expect, test } from "vitest";
import { statusPatch } from "./status.patch.ts";

const plain = { noNullPrototype: true };
const conditions = fc.array(fc.record({ type: fc.string(), status: fc.string() }, plain));
const status = fc.dictionary(
  fc.constantFrom("phase", "weight", "version", "conditions"),
  fc.oneof(fc.string(), fc.integer(), conditions),
  plain,
);

/** As the API server keeps and answers them: by name. */
const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([left], [right]) => left.localeCompare(right))
      .map(([name, member]) => [name, sorted(member)]),
  );
};

/** RFC 7396, of members at the top. */
const merged = (target: object, patch: object): object =>
  Object.fromEntries(Object.entries({ ...target, ...patch }).filter(([, value]) => value !== null));

test("a status that says the same is not written, in whatever order the cluster gives it back", () => {
  fc.assert(
    fc.property(status, (one) => {
      expect(statusPatch(sorted(one) as object, one)).toBeNull();
    }),
  );
});

test("what is merged makes it say what it is to say, and nothing of before", () => {
  fc.assert(
    fc.property(status, status, (before, after) => {
      const patch = statusPatch(before, after);
      expect(patch === null ? before : merged(before, patch)).toEqual(after);
    }),
  );
  expect(statusPatch(undefined, { phase: "running" })).toEqual({ phase: "running" });
});
