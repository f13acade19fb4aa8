import { z } from "zod";
import { jsonSchema } from "../json.ts";
import { nameSchema } from "../names.ts";
import { metricRange } from "./metric.ts";

/** Names of metrics; dots, dashes and underscores as other tools write them. */
export const metricNameSchema = z
  .string()
  .regex(
    /^[A-Za-z][A-Za-z0-9_.-]{0,62}$/,
    "1 to 63 letters, digits, '_', '.' and '-', beginning with a letter, such as accuracy or p95Ms",
  );

export const datasetSchema = z
  .string()
  .regex(
    /^[A-Za-z0-9][-A-Za-z0-9._/@:]{0,254}$/,
    "1 to 255 letters, digits and '-', '.', '_', '/', '@', ':', beginning with a letter or digit",
  );

/** Of a version as it stands in an evaluation: the name of one that exists. */
const versionName = z.string().min(1).max(128);

/** Most metrics of one evaluation. */
const MAX_METRICS = 100;

/** Characters of `details` as JSON: it is for a few figures and links, not for the answers themselves. */
const MAX_DETAILS = 65_536;

const time = z.iso.datetime({ offset: true });

/**
 * Quality figures of a version on a dataset. A metric whose name declares a unit must keep to it: scores and rates lie in
 * [0, 1], milliseconds, costs and counts are not negative (`metricUnit`). Every other metric is any finite number.
 */
export const evaluationInputSchema = z
  .strictObject({
    artifact: nameSchema,
    version: versionName,
    dataset: datasetSchema,
    metrics: z
      .record(metricNameSchema, z.number())
      .superRefine((metrics, context) => {
        for (const [name, value] of Object.entries(metrics)) {
          const { min, max } = metricRange(name);
          if (value >= min && value <= max) continue;
          const message =
            max === 1 ? "a number from 0 to 1, as the name says a score or rate" : "a number of at least 0";
          context.addIssue({ code: "custom", path: [name], message });
        }
        const count = Object.keys(metrics).length;
        if (count < 1 || count > MAX_METRICS) {
          context.addIssue({ code: "custom", message: `1 to ${MAX_METRICS} metrics` });
        }
      })
      .describe("Figures by name. Scores and rates lie in [0, 1]; names that end in Ms, Usd, Tokens, Count say so."),
    sampleCount: z.number().int().min(1).max(1_000_000_000).describe("How many samples the figures are of"),
    source: z.string().min(1).max(255).default("api").describe("Who measured, for example the tool or the pipeline"),
    startedAt: time.optional(),
    finishedAt: time.optional().describe("Default: now. Of several on one dataset the one that finished last counts"),
    details: z
      .record(z.string().min(1).max(255), jsonSchema)
      .refine((details) => JSON.stringify(details).length <= MAX_DETAILS, `at most ${MAX_DETAILS} characters of JSON`)
      .default({}),
  })
  .refine(
    ({ startedAt, finishedAt }) =>
      startedAt === undefined || finishedAt === undefined || Date.parse(startedAt) <= Date.parse(finishedAt),
    { message: "a time that is not after finishedAt", path: ["startedAt"] },
  );

/** What is recorded; defaults filled in. */
export type EvaluationInput = z.output<typeof evaluationInputSchema>;
