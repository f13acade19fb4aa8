import type { compileSteps } from "@sluice/core/strategy";
import { percent } from "../format/number.ts";
import { span } from "../format/time.ts";
import { matchOf } from "./match.ts";
import { newKey, numberOf } from "./text.ts";
import type { StepInput } from "./types.ts";

/** A step as strategies compile to it. Weights are hundredths of a percent. */
export type Step = ReturnType<typeof compileSteps>[number];

export const STEP_LABELS = {
  setWeight: "Share of the callers",
  analyze: "Compare",
  wait: "Wait",
  approval: "Wait for people",
  mirror: "Copy requests",
  match: "Callers by a header",
  matchCookie: "Callers by a cookie",
  matchRegion: "Callers of a region",
  scale: "Size of the candidate",
  hook: "Call an address",
  switch: "Switch all",
} as const;

export type StepType = keyof typeof STEP_LABELS;

export const STEP_TYPES = Object.keys(STEP_LABELS).filter((type): type is StepType => type in STEP_LABELS);

/** A step as it is written. What `amount`, `name` and `value` are of each type, `STEP_FIELDS` says. */
export interface StepDraft {
  /** Tells steps apart while they are moved; no part of what is sent. */
  key: string;
  type: StepType;
  amount: string;
  name: string;
  value: string;
}

type Part = "amount" | "name" | "value";

interface StepField {
  part: Part;
  label: string;
  preset: string;
  /** Where it stands in the step, as the server calls it. */
  field: string;
}

/** What of a step is to be written. */
export const STEP_FIELDS: Readonly<Record<StepType, readonly StepField[]>> = {
  setWeight: [{ part: "amount", label: "Percent", preset: "10", field: "setWeight" }],
  analyze: [{ part: "amount", label: "Seconds", preset: "300", field: "analyze.seconds" }],
  wait: [{ part: "amount", label: "Seconds", preset: "300", field: "wait.seconds" }],
  approval: [
    { part: "amount", label: "People", preset: "1", field: "wait.approvals" },
    { part: "value", label: "Expires after seconds (empty: never)", preset: "", field: "wait.expiresSeconds" },
  ],
  mirror: [{ part: "amount", label: "Percent", preset: "100", field: "mirror.percentage" }],
  match: [
    { part: "name", label: "Header", preset: "x-beta", field: "match.header" },
    { part: "value", label: "Value", preset: "true", field: "match.header" },
  ],
  matchCookie: [
    { part: "name", label: "Cookie", preset: "beta", field: "match.cookie" },
    { part: "value", label: "Value", preset: "true", field: "match.cookie" },
  ],
  matchRegion: [{ part: "value", label: "Region", preset: "eu", field: "match.region" }],
  scale: [{ part: "amount", label: "Percent of the instances", preset: "100", field: "scale.percentage" }],
  hook: [
    { part: "name", label: "Address", preset: "https://", field: "hook.url" },
    { part: "amount", label: "At most seconds", preset: "30", field: "hook.timeoutSeconds" },
  ],
  switch: [],
};

export function newStep(type: StepType, given: Partial<Pick<StepDraft, Part>> = {}): StepDraft {
  const preset = (part: Part): string => STEP_FIELDS[type].find((field) => field.part === part)?.preset ?? "";
  return {
    key: newKey(),
    type,
    amount: preset("amount"),
    name: preset("name"),
    value: preset("value"),
    ...given,
  };
}

/** As the API takes it. */
export function stepInput({ type, amount, name, value }: StepDraft): StepInput {
  switch (type) {
    case "setWeight":
      return { setWeight: numberOf(amount) };
    case "analyze":
      return { analyze: { seconds: numberOf(amount) } };
    case "wait":
      return { wait: { seconds: numberOf(amount) } };
    case "approval":
      return {
        wait: {
          approval: true,
          approvals: numberOf(amount),
          ...(value.trim() !== "" && { expiresSeconds: numberOf(value) }),
        },
      };
    case "mirror":
      return { mirror: { percentage: numberOf(amount) } };
    case "match":
      return { match: matchOf("header", name, value) };
    case "matchCookie":
      return { match: matchOf("cookie", name, value) };
    case "matchRegion":
      return { match: matchOf("region", name, value) };
    case "scale":
      return { scale: { percentage: numberOf(amount) } };
    case "hook":
      return { hook: { url: name.trim(), timeoutSeconds: numberOf(amount) } };
    case "switch":
      return { switch: true };
  }
}

/** Steps to go on writing from; those of waves are the environment's, not the strategy's. */
export const draftsOf = (steps: readonly Step[]): StepDraft[] => steps.flatMap(draftsOfOne);

function draftsOfOne(step: Step): StepDraft[] {
  switch (step.type) {
    case "setWeight":
      return [newStep("setWeight", { amount: String(step.weight / 100) })];
    case "analyze":
      return [newStep("analyze", { amount: String(step.seconds) })];
    case "wait":
      return "approval" in step
        ? [newStep("approval", { amount: String(step.approvals ?? 1), value: String(step.expiresSeconds ?? "") })]
        : [newStep("wait", { amount: String(step.seconds) })];
    case "mirror":
      return [newStep("mirror", { amount: String(step.weight / 100) })];
    case "match":
      return [
        ...Object.entries(step.headers).map(([name, value]) => newStep("match", { name, value })),
        ...Object.entries(step.cookies).map(([name, value]) => newStep("matchCookie", { name, value })),
        ...(step.region === undefined ? [] : [newStep("matchRegion", { value: step.region })]),
      ];
    case "scale":
      return [newStep("scale", { amount: String(step.percentage) })];
    case "hook":
      return [newStep("hook", { name: step.url, amount: String(step.timeoutSeconds) })];
    case "switch":
      return [newStep("switch")];
    case "wave":
      return [];
  }
}

/** The same steps with one of them moved up or down by a place; as they were where it cannot go. */
export function moved(steps: readonly StepDraft[], index: number, by: -1 | 1): readonly StepDraft[] {
  const [step, other] = [steps[index], steps[index + by]];
  if (step === undefined || other === undefined) return steps;
  return steps.with(index, other).with(index + by, step);
}

/** What happens at a step, in a few words. */
export function wordsOf(step: Step): string {
  switch (step.type) {
    case "setWeight":
      return step.weight === 0 ? "all callers back to stable" : `${percent(step.weight / 100)} of the callers`;
    case "analyze":
      return `compare for ${span(step.seconds * 1_000)}, longer while there is too little to judge by`;
    case "wait":
      return "approval" in step
        ? `wait for ${(step.approvals ?? 1) === 1 ? "an approval" : `${step.approvals} approvals`}`
        : `wait ${span(step.seconds * 1_000)}`;
    case "mirror":
      return step.weight === 0 ? "no more copies" : `copies of ${percent(step.weight / 100)} of the requests`;
    case "match": {
      const rules = [
        ...Object.entries(step.headers).map(([name, value]) => `${name}: ${value}`),
        ...Object.entries(step.cookies).map(([name, value]) => `cookie ${name}=${value}`),
        ...(step.region === undefined ? [] : [`region ${step.region}`]),
      ];
      return `callers with ${rules.join(" and ")}`;
    }
    case "scale":
      return `candidate at ${percent(step.percentage)} of the instances`;
    case "hook":
      return `call ${step.url}`;
    case "switch":
      return "all callers to the candidate";
    case "wave":
      return `deliver to ${step.targets.join(", ")}`;
  }
}
