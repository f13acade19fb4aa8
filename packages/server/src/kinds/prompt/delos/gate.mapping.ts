import {
  type GateCondition,
  type GateResult,
  type GateSpec,
  gateSchema,
  invalidArgument,
  parseField,
  type SluiceError,
} from "@sluice/core";
import type { DelosCondition } from "./request.schema.ts";
import { timestamp } from "./timestamp.ts";
import { inTheirWords } from "./words.ts";

/** A gate as a call describes it. */
export interface DelosGate {
  name: string;
  prompt_id: string;
  required: boolean;
  conditions: readonly DelosCondition[];
  environment?: string | undefined;
}

/** What each type is about where the call does not say; latency is an average here. */
const DEFAULTS = {
  eval_score: { metric: "score", operator: "gte" },
  latency: { metric: "meanMs", operator: "lte" },
  cost: { metric: "costUsd", operator: "lte" },
} as const;

/** The longest name of a gate. */
const LONGEST_NAME = 63;

/** The gate's own name: that of the prompt, and what is left of the given one as lower-case words. */
export function gateNameOf({ name, prompt_id }: Pick<DelosGate, "name" | "prompt_id">): string {
  const words = name.toLowerCase().match(/[a-z0-9]+/g) ?? [];
  if (words.length === 0) throw refusal("name", name, "a name with a letter or a digit from a to z, or 0 to 9");
  const full = [prompt_id, ...words].join("-");
  return full.slice(0, LONGEST_NAME).replace(/[-_]+$/, "");
}

/** The gate's specification. Throws `invalid_argument`, with the fields' names as the call has them. */
export function toGateSpec(gate: DelosGate): GateSpec {
  const named = new Set(gate.conditions.flatMap(({ dataset_id }) => dataset_id ?? []));
  const [common] = named.size === 1 ? [...named] : [];
  const conditions = gate.conditions.map((condition, at) => toCondition(condition, at, common));
  const spec = {
    artifact: gate.prompt_id,
    environment: gate.environment ?? null,
    kind: "prompt",
    required: gate.required,
    conditions: withNames(conditions),
  };
  try {
    return parseField(gateSchema, spec);
  } catch (error) {
    throw inTheirWords(error);
  }
}

function toCondition(condition: DelosCondition, at: number, common: string | undefined) {
  const field = (name: string): string => `conditions[${at}].${name}`;
  const { type, threshold, dataset_id = common } = condition;
  if (type === "custom") return toCustom(condition, field);
  if (condition.expression !== undefined)
    throw refusal(field("expression"), condition.expression, `nothing for ${type}`);
  if (condition.webhook_url !== undefined) throw refusal(field("webhook_url"), "an address", `nothing for ${type}`);
  if (threshold === undefined) throw refusal(field("threshold"), undefined, "a number");
  if (dataset_id === undefined) {
    const allowed = "the dataset that versions are evaluated on; it may be left out where the gate's others name one";
    throw refusal(field("dataset_id"), undefined, allowed);
  }
  const { metric, operator } = DEFAULTS[type];
  return {
    type,
    metric: condition.metric ?? metric,
    dataset: dataset_id,
    operator: condition.operator ?? operator,
    threshold,
  };
}

function toCustom(condition: DelosCondition, field: (name: string) => string) {
  const { expression, webhook_url } = condition;
  for (const name of ["operator", "threshold", "dataset_id", "metric"] as const) {
    const found = condition[name];
    if (found !== undefined) throw refusal(field(name), found, "nothing for custom: who is asked decides by itself");
  }
  if ((expression === undefined) === (webhook_url === undefined)) {
    throw refusal(field("expression"), expression, "an expression in CEL, or webhook_url instead; exactly one of them");
  }
  return { type: "custom", ...(webhook_url === undefined ? { expression } : { webhook: { url: webhook_url } }) };
}

/** Two conditions on one figure are told apart by their number. */
function withNames(conditions: readonly object[]): object[] {
  const names = conditions.map((condition) => JSON.stringify({ ...condition, operator: null, threshold: null }));
  return conditions.map((condition, at) => {
    const first = names.indexOf(names[at] ?? "");
    const again = "metric" in condition && first < at;
    return again ? { ...condition, name: `${String(condition.metric)} ${at + 1}` } : condition;
  });
}

const refusal = (field: string, found: unknown, allowed: string): SluiceError =>
  invalidArgument([{ field, found, allowed }]);

/** The message `QualityGateCondition`. */
export function conditionView(condition: GateCondition) {
  if (condition.type === "custom") {
    const { type, expression = "", webhook } = condition;
    return { type, expression, webhook_url: webhook?.url ?? "" };
  }
  const { type, operator, threshold, metric, dataset = "" } = condition;
  return { type, operator, threshold, metric, dataset_id: dataset };
}

const STATUSES = {
  passed: "GATE_STATUS_PASSED",
  failed: "GATE_STATUS_FAILED",
  waiting: "GATE_STATUS_WAITING",
} as const;

/** The message `GateResult`. */
export function gateResultView(result: GateResult, title: string | undefined) {
  return {
    gate_id: result.gate,
    gate_name: title ?? result.gate,
    required: result.required,
    passed: result.status === "passed",
    status: STATUSES[result.status],
    message: result.message,
    condition_results: result.conditions.map(conditionResultView),
    evaluated_at: timestamp(result.at),
  };
}

function conditionResultView(condition: GateResult["conditions"][number]) {
  const { operator, threshold, observed, status } = condition;
  return {
    type: condition.type,
    name: condition.name,
    passed: status === "passed",
    status: STATUSES[status],
    expected: threshold === null ? "pass" : `${operator ?? ""} ${threshold}`.trim(),
    actual: observed === null ? "" : String(observed),
    ...(typeof threshold === "number" && { threshold }),
    ...(typeof observed === "number" && { actual_value: observed }),
    operator: operator ?? "",
    message: condition.message,
    evidence: condition.evidence,
  };
}

export const isAboutPrompts = ({ kind }: GateSpec): boolean => kind === null || kind === "prompt";
