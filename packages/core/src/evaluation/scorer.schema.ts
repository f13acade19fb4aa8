import { z } from "zod";
import { jsonSchema } from "../json.ts";
import { compileJsonSchema } from "../json-schema.ts";
import { succeeds } from "../succeeds.ts";

const ignoreCase = z.boolean().default(false);

/** How an output is compared with what was expected. Each but `http` gives 1 or 0. */
export const scorerSchema = z.discriminatedUnion("type", [
  /** The same text, blanks around it aside; anything but a text is compared as JSON. */
  z.strictObject({ type: z.literal("exact"), ignoreCase }),
  /** The text, or each text of the list, is somewhere in the output. */
  z.strictObject({ type: z.literal("contains"), ignoreCase }),
  /** `expected` is a regular expression that matches somewhere. */
  z.strictObject({
    type: z.literal("regex"),
    flags: z
      .string()
      .regex(/^(?!.*(.).*\1)[imsu]*$/, "some of the flags i, m, s, u, each once")
      .default(""),
  }),
  /** `expected` is a JSON schema that the output, read as JSON, fits. */
  z.strictObject({ type: z.literal("json_schema") }),
  /** The one number of the output is as near to `expected` as the larger of the two tolerances. */
  z.strictObject({
    type: z.literal("numeric"),
    tolerance: z.number().min(0).default(0),
    relativeTolerance: z.number().min(0).max(1).default(0),
  }),
  /** Somebody else's judgement: POST {id, input, expected, output}, answer {score, passed, reason}. */
  z.strictObject({
    type: z.literal("http"),
    url: z.url({ protocol: /^https?$/ }).max(2_048),
    threshold: z.number().min(0).max(1).default(0.5).describe("Score from which it passes, if the judge does not say"),
    timeoutSeconds: z.number().min(0.1).max(600).default(60),
  }),
]);

export type Scorer = z.output<typeof scorerSchema>;
export const SCORER_TYPES = ["exact", "contains", "regex", "json_schema", "numeric", "http"] as const;

/** A scorer, or its type alone where it needs nothing else. */
const scorerInput = z.union([
  scorerSchema,
  z.enum(["exact", "contains", "regex", "json_schema", "numeric"]).transform((type) => scorerSchema.parse({ type })),
]);

/** What `expected` must be for each scorer. */
const EXPECTED: Readonly<
  Record<Scorer["type"], { allowed: string; fits: (expected: unknown, scorer: Scorer) => boolean }>
> = {
  exact: { allowed: "a JSON value", fits: (expected) => expected !== undefined },
  contains: {
    allowed: "a text or a list of texts, none empty",
    fits: (expected) =>
      [expected].flat().length > 0 && [expected].flat().every((text) => typeof text === "string" && text !== ""),
  },
  regex: {
    allowed: "a regular expression of JavaScript",
    fits: (expected, scorer) =>
      typeof expected === "string" && succeeds(() => new RegExp(expected, scorer.type === "regex" ? scorer.flags : "")),
  },
  json_schema: {
    allowed: "a JSON schema (draft 2020-12, or draft-07 by `$schema`)",
    fits: (expected) =>
      typeof expected === "object" &&
      expected !== null &&
      !Array.isArray(expected) &&
      succeeds(() => compileJsonSchema(expected)),
  },
  numeric: { allowed: "a number", fits: (expected) => typeof expected === "number" },
  http: { allowed: "a JSON value, or nothing", fits: () => true },
};

const MAX_ID = 255;

/** One line of a dataset. Without `scorer`, the run's default scores it. */
export const datasetItemSchema = (fallback: Scorer) =>
  z
    .strictObject({
      id: z.union([z.string().min(1).max(MAX_ID), z.number().int().transform(String)]).optional(),
      input: jsonSchema,
      expected: jsonSchema.optional(),
      scorer: scorerInput.default(fallback),
    })
    .superRefine(({ expected, scorer }, context) => {
      const { allowed, fits } = EXPECTED[scorer.type];
      if (fits(expected, scorer)) return;
      context.addIssue({ code: "custom", path: ["expected"], message: `${allowed}, for scorer ${scorer.type}` });
    });

export type DatasetItem = z.output<ReturnType<typeof datasetItemSchema>>;
