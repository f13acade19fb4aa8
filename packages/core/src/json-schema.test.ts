import { expect, test } from "vitest";
import { compileJsonSchema } from "./json-schema.ts";

test("what does not fit is said with its place and what is allowed", () => {
  const check = compileJsonSchema({
    type: "object",
    required: ["name"],
    properties: { mode: { enum: ["fast", "slow"] }, mail: { format: "email" } },
  });
  expect(check({ name: "a", mode: "fast", mail: "a@b.example" })).toEqual([]);
  expect(check({})).toEqual(["the value must have required property 'name'"]);
  expect(check({ name: "a", mode: "x" })).toEqual(['/mode must be equal to one of the allowed values ["fast","slow"]']);
  expect(check({ name: "a", mail: "nobody" })).toEqual(['/mail must match format "email"']);
});

test("the dialect is 2020-12 unless the schema says draft-07", () => {
  const tuple = { type: "array", prefixItems: [{ type: "number" }] };
  expect(compileJsonSchema(tuple)(["x"])).toHaveLength(1);
  const old = { $schema: "http://json-schema.org/draft-07/schema#", type: "array", items: [{ type: "number" }] };
  expect(compileJsonSchema(old)(["x"])).toHaveLength(1);
  expect(compileJsonSchema(old)([1])).toEqual([]);
});

test("a schema that is none is refused", () => {
  expect(() => compileJsonSchema({ type: "nonsense" })).toThrow(/type/);
  expect(() => compileJsonSchema({ $ref: "#/nowhere" })).toThrow(/nowhere/);
  expect(() => compileJsonSchema({ $async: true, type: "object" })).toThrow(/async/);
});

test("two schemas of one name do not meet", () => {
  expect(compileJsonSchema({ $id: "https://example.com/x", type: "number" })("a")).toHaveLength(1);
  expect(compileJsonSchema({ $id: "https://example.com/x", type: "string" })("a")).toEqual([]);
});

test("a schema that takes the name of its own dialect harms no other", () => {
  const thief = { $id: "https://json-schema.org/draft/2020-12/schema", type: "number" };
  try {
    compileJsonSchema(thief);
  } catch {
    // Refused, or compiled beside it: either is fine.
  }
  expect(compileJsonSchema({ type: "string" })(1)).toHaveLength(1);
  expect(() => compileJsonSchema({ type: "nonsense" })).toThrow(/type/);
});
