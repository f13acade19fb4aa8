import { type Instant, seconds, toIso } from "../time.ts";
import type { Figure } from "./figure.ts";
import { conditionName, figureName, type GateCondition, type GateSpec } from "./gate.schema.ts";
import type { Comparison, GateConditionResult, GateResult } from "./gate.ts";

interface Judged {
  name: string;
  spec: GateSpec;
}

interface Times {
  /** When the rollout began to ask its gates: waiting is counted from here. */
  startedAt: Instant;
  now: Instant;
}

/**
 * Judges every condition by the figure of the same place in the list, and the gate by its required conditions: one that
 * failed fails it, else one that waits keeps it waiting, else it passed. What waits longer than `waitSeconds` has failed.
 * A condition without a figure waits.
 */
export function judgeGate({ name, spec }: Judged, figures: readonly Figure[], { startedAt, now }: Times): GateResult {
  const deadline = startedAt + seconds(spec.waitSeconds);
  const conditions = spec.conditions.map((condition, at) =>
    judgeCondition(condition, figures[at] ?? { status: "missing", reason: "nothing is known yet" }, {
      deadline,
      late: now >= deadline,
      waitSeconds: spec.waitSeconds,
    }),
  );
  const status = statusOf(conditions.filter((condition) => condition.required));
  return {
    gate: name,
    required: spec.required,
    status,
    conditions,
    message: gateMessage(name, spec, status, conditions),
    waitsUntil: status === "waiting" ? deadline : null,
    at: now,
  };
}

function statusOf(required: readonly GateConditionResult[]): GateResult["status"] {
  if (required.some(({ status }) => status === "failed")) return "failed";
  return required.some(({ status }) => status === "waiting") ? "waiting" : "passed";
}

interface Waiting {
  deadline: Instant;
  late: boolean;
  waitSeconds: number;
}

function judgeCondition(condition: GateCondition, figure: Figure, waiting: Waiting): GateConditionResult {
  const asked = askedOf(condition);
  const common = {
    name: conditionName(condition),
    type: condition.type,
    required: condition.required,
    operator: asked?.operator ?? null,
    threshold: asked?.threshold ?? null,
  };
  switch (figure.status) {
    case "measured":
      // A figure that is no number says nothing, neither good nor bad (edge case 26).
      if (!Number.isFinite(figure.value)) {
        const reason = `${asked === null ? common.name : asked.of} is ${figure.value}, which is no figure`;
        return { ...common, ...absent({ reason }, asked, waiting), evidence: figure.evidence };
      }
      return asked === null
        ? { ...common, ...brokenOff("a custom condition has no threshold to compare a figure with", "") }
        : { ...common, ...compared(figure, asked) };
    case "decided": {
      const { pass, observed, evidence, reason, otherwise } = figure;
      return { ...common, status: pass ? "passed" : "failed", observed, evidence, message: `${reason}; ${otherwise}` };
    }
    case "missing":
      return { ...common, ...absent(figure, asked, waiting), evidence: "" };
    case "broken":
      return { ...common, ...brokenOff(figure.reason, figure.otherwise) };
  }
}

interface Asked {
  of: string;
  operator: Comparison;
  threshold: number;
}

const askedOf = (condition: GateCondition): Asked | null =>
  condition.type === "custom"
    ? null
    : { of: figureName(condition), operator: condition.operator, threshold: condition.threshold };

function compared({ value, samples, evidence }: Extract<Figure, { status: "measured" }>, asked: Asked) {
  const { of, operator, threshold } = asked;
  const passed = compare(value, operator, threshold);
  const of_ = samples === null ? evidence : `${count(samples)}, ${evidence}`;
  const seen = `${of} is ${figure(value)} (${of_}), against ${WORDS[operator]} ${figure(threshold)}`;
  const otherwise = passed
    ? `${OPPOSITE[operator]} ${figure(threshold)} would have failed`
    : `${WORDS[operator]} ${figure(threshold)} would have passed`;
  return {
    status: passed ? ("passed" as const) : ("failed" as const),
    observed: value,
    evidence: of_,
    message: `${seen}; ${otherwise}`,
  };
}

function absent({ reason }: { reason: string }, asked: Asked | null, { deadline, late, waitSeconds }: Waiting) {
  const wanted = asked === null ? "" : `, and ${WORDS[asked.operator]} ${figure(asked.threshold)} would pass`;
  return late
    ? {
        status: "failed" as const,
        observed: null,
        message: `${reason}, and the ${waitSeconds} s that it was waited for are over${
          asked === null ? "" : `; ${WORDS[asked.operator]} ${figure(asked.threshold)} in that time would have passed`
        }`,
      }
    : {
        status: "waiting" as const,
        observed: null,
        message: `${reason}; it is waited for until ${toIso(deadline)}${wanted}`,
      };
}

const brokenOff = (reason: string, otherwise: string) => ({
  status: "failed" as const,
  observed: null,
  evidence: "",
  message: otherwise === "" ? reason : `${reason}; ${otherwise}`,
});

/**
 * Equality of figures that were computed: within a billionth of the larger one, since 0.1 + 0.2 is meant to be 0.3. The
 * other comparisons are exact.
 */
export function compare(value: number, operator: Comparison, threshold: number): boolean {
  switch (operator) {
    case "gte":
      return value >= threshold;
    case "lte":
      return value <= threshold;
    case "gt":
      return value > threshold;
    case "lt":
      return value < threshold;
    case "eq":
      return Math.abs(value - threshold) <= 1e-9 * Math.max(Math.abs(value), Math.abs(threshold));
  }
}

const WORDS: Readonly<Record<Comparison, string>> = {
  gte: "at least",
  lte: "at most",
  eq: "exactly",
  gt: "more than",
  lt: "less than",
};

const OPPOSITE: Readonly<Record<Comparison, string>> = {
  gte: "less than",
  lte: "more than",
  eq: "anything but",
  gt: "at most",
  lt: "at least",
};

const count = (samples: number): string => `${samples} ${samples === 1 ? "sample" : "samples"}`;

/** Without the last digits of a computed number, and never so short that two different numbers look the same. */
const figure = (value: number): string => String(Number(value.toPrecision(12)));

function gateMessage(
  name: string,
  { required }: GateSpec,
  status: GateResult["status"],
  conditions: readonly GateConditionResult[],
): string {
  const deciding = conditions.filter((condition) => condition.required);
  const gate = `gate ${name}${required ? "" : " (advisory)"}`;
  const [first] = deciding.filter((condition) => condition.status === status);
  const advice = conditions.filter((condition) => !condition.required && condition.status === "failed").length;
  const aside = advice === 0 ? "" : ` (${advice} advisory ${advice === 1 ? "condition" : "conditions"} failed)`;
  if (status !== "passed" && first !== undefined) {
    const verb = status === "failed" ? "failed" : "waits";
    const passed = deciding.filter((condition) => condition.status === "passed").length;
    return `${gate} ${verb}, ${passed} of ${deciding.length} required conditions passed: ${first.message}${aside}`;
  }
  if (first === undefined) return `${gate} passed: none of its conditions is required${aside}`;
  const others = deciding.length === 1 ? "" : `, all ${deciding.length} required conditions hold, the first`;
  return `${gate} passed${others}: ${first.message}${aside}`;
}
