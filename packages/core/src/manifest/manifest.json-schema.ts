import { z } from "zod";
import { VERSION_SPECS } from "../artifact/version.schema.ts";
import { RESOURCE_KINDS, RESOURCE_SCHEMAS } from "./manifest.schema.ts";

/** The content of a version is that of some kind here; the server knows which one is meant. */
const EVERYTHING = z.strictObject({
  ...RESOURCE_SCHEMAS,
  Version: RESOURCE_SCHEMAS.Version.extend({ spec: z.union(Object.values(VERSION_SPECS)) }),
});

/** The JSON Schema (draft 2020-12) of one document of a `sluice.yaml`, for editors: what `sluice apply` reads. */
export function manifestJsonSchema(): Record<string, unknown> {
  // As a person writes it: what has a default may be left out.
  const { properties, $defs } = z.toJSONSchema(EVERYTHING, { io: "input", reused: "ref" });
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "sluice.yaml",
    description: "What `sluice apply -f` reads: one or more documents, each with its kind.",
    type: "object",
    required: ["kind"],
    properties: { kind: { enum: RESOURCE_KINDS, description: "What the document is about." } },
    // One branch by the kind, so that an editor names the field that is wrong instead of every kind's disagreement.
    allOf: RESOURCE_KINDS.map((kind) => ({
      if: { properties: { kind: { const: kind } }, required: ["kind"] },
      // biome-ignore lint/suspicious/noThenProperty: the keyword of JSON Schema
      then: { $ref: `#/$defs/${kind}` },
    })),
    $defs: { ...$defs, ...properties },
  };
}
