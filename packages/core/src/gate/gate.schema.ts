import { z } from "zod";
import { ARTIFACT_KINDS } from "../artifact/version.schema.ts";
import { datasetSchema, metricNameSchema } from "../evaluation/evaluation.schema.ts";
import { metricRange } from "../evaluation/metric.ts";
import { nameSchema } from "../names.ts";
import { COMPARISONS } from "./gate.ts";

/** What every condition has. One that is not required is reported and decides nothing. */
const common = {
  name: z.string().trim().min(1).max(100).optional().describe("Default: made of type, metric and dataset"),
  required: z.boolean().default(true),
};

const operator = z.enum(COMPARISONS);
const threshold = z.number();

const evalScoreSchema = z
  .strictObject({
    type: z.literal("eval_score"),
    ...common,
    metric: metricNameSchema.default("score"),
    dataset: datasetSchema,
    operator: operator.default("gte"),
    threshold,
  })
  .refine(withinRange, { message: "a number from 0 to 1, as the metric is a score", path: ["threshold"] });

const latencySchema = z
  .strictObject({
    type: z.literal("latency"),
    ...common,
    /** `tests`: the newest performance or load test that any rollout of the version has passed through. */
    source: z.enum(["evaluation", "tests"]).default("evaluation"),
    dataset: datasetSchema.optional(),
    metric: metricNameSchema.default("p95Ms"),
    operator: operator.default("lte"),
    threshold: threshold.min(0),
  })
  .refine(({ source, dataset }) => (source === "evaluation") === (dataset !== undefined), {
    message: "the dataset of an evaluation; left out with source tests",
    path: ["dataset"],
  });

const costSchema = z.strictObject({
  type: z.literal("cost"),
  ...common,
  metric: metricNameSchema.default("costUsd"),
  dataset: datasetSchema,
  operator: operator.default("lte"),
  threshold: threshold.min(0),
});

/** Headers that belong to the connection and not to whoever writes the gate. */
const NOT_YOURS = new Set([
  "connection",
  "content-length",
  "content-type",
  "expect",
  "host",
  "keep-alive",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** Longest expression. Structural limits of its tree are set where it is compiled. */
export const MAX_EXPRESSION = 4_096;

export const gateWebhookSchema = z.strictObject({
  url: z
    .url({ protocol: /^https?$/ })
    .max(2_048)
    .refine(
      (url) => !/^[^/]*\/\/[^/?#]*@/.test(url),
      "an address without user and password; `headers` are kept secret",
    ),
  headers: z
    .record(
      z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/, "a header's name"),
      z
        .string()
        .max(4_096)
        .regex(/^[\t\x20-\x7e]*$/, "visible ASCII characters"),
    )
    .refine(
      (headers) => {
        const names = Object.keys(headers).map((name) => name.toLowerCase());
        return (
          names.length <= 20 && new Set(names).size === names.length && names.every((name) => !NOT_YOURS.has(name))
        );
      },
      `at most 20 headers, each once, and none of ${[...NOT_YOURS].join(", ")}`,
    )
    .default({}),
  timeoutSeconds: z.number().min(0.1).max(60).default(10),
});

const customSchema = z
  .strictObject({
    type: z.literal("custom"),
    ...common,
    expression: z.string().min(1).max(MAX_EXPRESSION).optional().describe("CEL, of type bool"),
    webhook: gateWebhookSchema.optional(),
  })
  .refine(({ expression, webhook }) => (expression === undefined) !== (webhook === undefined), {
    message: "exactly one of `expression` and `webhook`",
    path: ["expression"],
  });

export const gateConditionSchema = z.discriminatedUnion("type", [
  evalScoreSchema,
  latencySchema,
  costSchema,
  customSchema,
]);

/** What must be true of a version before traffic moves. `name` and `project` are its key. */
export const gateSchema = z.strictObject({
  artifact: nameSchema.nullable().default(null).describe("Null: every artifact of the environment"),
  environment: nameSchema.nullable().default(null).describe("Null: every environment"),
  kind: z.enum(ARTIFACT_KINDS).nullable().default(null).describe("Only artifacts of this kind; null: of any"),
  required: z.boolean().default(true).describe("A gate that is not required reports and stops nothing"),
  waitSeconds: z
    .number()
    .int()
    .min(0)
    .max(2_592_000)
    .default(3_600)
    .describe("How long figures that are missing are waited for; then the gate has failed"),
  conditions: z
    .array(gateConditionSchema)
    .min(1)
    .max(50)
    .refine(
      (conditions) => new Set(conditions.map(conditionName)).size === conditions.length,
      "conditions that differ in their names; two of one metric and dataset each need a `name`",
    ),
});

export type GateSpec = z.infer<typeof gateSchema>;
export type GateCondition = z.infer<typeof gateConditionSchema>;
export type GateConditionOf<Type extends GateCondition["type"]> = Extract<GateCondition, { type: Type }>;
export type GateWebhook = z.infer<typeof gateWebhookSchema>;

/** The name that was given, or what the condition asks: `accuracy on smoke`, `p95Ms of tests`, the expression. */
export function conditionName(condition: GateCondition): string {
  if (condition.name !== undefined) return condition.name;
  if (condition.type !== "custom") return figureName(condition);
  return condition.expression === undefined
    ? `webhook ${hostOf(condition.webhook?.url)}`
    : shortened(condition.expression);
}

/** What a condition on a figure is about. */
export function figureName(condition: Exclude<GateCondition, { type: "custom" }>): string {
  return condition.dataset === undefined
    ? `${condition.metric} of tests`
    : `${condition.metric} on ${condition.dataset}`;
}

const LONGEST_NAME = 100;

const shortened = (text: string): string =>
  text.length <= LONGEST_NAME ? text : `${text.slice(0, LONGEST_NAME - 1).toWellFormed()}…`;

/** Without path and query: addresses may hold secrets, and names are shown everywhere. */
const hostOf = (url: string | undefined): string =>
  url !== undefined && URL.canParse(url) ? new URL(url).host : "without address";

function withinRange({ metric, threshold: value }: { metric: string; threshold: number }): boolean {
  const { min, max } = metricRange(metric);
  return value >= min && value <= max;
}
