import { expect, test } from "vitest";
import { z } from "zod";
import { CRDS } from "./crds.ts";
import { structuralSchema } from "./structural.ts";

test.each([
  ["a text", z.string().max(3), { type: "string", maxLength: 3 }],
  ["a whole number", z.number().int().min(1), { type: "integer", format: "int64", minimum: 1 }],
  ["more than nothing", z.number().gt(0), { type: "number", minimum: 0, exclusiveMinimum: true }],
  ["what may be null", z.string().nullable(), { type: "string", nullable: true }],
  ["one word", z.literal("a"), { type: "string", enum: ["a"] }],
  ["a number or a percentage", z.union([z.number().int(), z.string()]), { "x-kubernetes-int-or-string": true }],
  ["names and texts", z.record(z.string(), z.string()), { type: "object", additionalProperties: { type: "string" } }],
  [
    "names and anything",
    z.record(z.string(), z.json()),
    { type: "object", "x-kubernetes-preserve-unknown-fields": true },
  ],
])("%s", (_, schema, expected) => {
  expect(structuralSchema(schema)).toEqual(expected);
});

test("of several forms all members are taken, and only those required that all have", () => {
  const forms = z.discriminatedUnion("type", [
    z.strictObject({ type: z.literal("a"), common: z.string(), one: z.number() }),
    z.strictObject({ type: z.literal("b"), common: z.string() }),
  ]);
  expect(structuralSchema(forms)).toEqual({
    type: "object",
    properties: { type: { type: "string", enum: ["a", "b"] }, common: { type: "string" }, one: { type: "number" } },
    required: ["type", "common"],
  });
});

test("defaults are written only where the cluster is to fill them in", () => {
  const schema = z.strictObject({ size: z.number().default(3) });
  expect(structuralSchema(schema)).toEqual({ type: "object", properties: { size: { type: "number" } } });
  expect(structuralSchema(schema, { defaults: true })).toMatchObject({ properties: { size: { default: 3 } } });
});

/** Every schema below a definition's own one. */
function* nodesOf(value: unknown): Generator<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) return;
  if (!Array.isArray(value)) yield Object.fromEntries(Object.entries(value));
  for (const inner of Object.values(value)) yield* nodesOf(inner);
}

test("no definition has what the API server refuses of a structural schema", () => {
  const nodes = CRDS.flatMap((definition) => [...nodesOf(definition)]);
  expect(nodes.length).toBeGreaterThan(500);
  expect(nodes.filter((node) => "$ref" in node || node.additionalProperties === false || "const" in node)).toEqual([]);
});
