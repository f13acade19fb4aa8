import { invalidField } from "../errors.ts";
import { FULL_WEIGHT, type Weight } from "../traffic/split.ts";
import type { MatchInput, Step, StepInput } from "./strategy.types.ts";

const DEFAULT_HOOK_TIMEOUT_SECONDS = 30;

/**
 * The user's own steps, checked and in the machine's form. A last `switch` is appended when the list does not reach
 * 100 %, so that a rollout never ends half-way. Throws `invalid_argument` naming the field, such as `strategy.steps[2].setWeight`.
 */
export function parseSteps(inputs: readonly StepInput[]): Step[] {
  if (inputs.length === 0) throw invalidField("strategy.steps", inputs, "at least one step");
  const steps = inputs.map((input, index) => parseStep(input, `strategy.steps[${index}]`));
  let reached: Weight = 0;
  for (const [index, step] of steps.entries()) {
    const weight = step.type === "setWeight" ? step.weight : step.type === "switch" ? FULL_WEIGHT : null;
    if (weight === null) continue;
    if (weight <= reached) {
      const allowed =
        reached === FULL_WEIGHT ? "no further weight after 100" : `more than ${reached / 100}: weights must rise`;
      throw invalidField(`strategy.steps[${index}].${step.type}`, weight / 100, allowed);
    }
    reached = weight;
  }
  return reached === FULL_WEIGHT ? steps : [...steps, { type: "switch" }];
}

function parseStep(input: StepInput, field: string): Step {
  if ("setWeight" in input) return { type: "setWeight", weight: percentage(input.setWeight, `${field}.setWeight`) };
  if ("wait" in input) {
    if ("approval" in input.wait) return approvalStep(input.wait, `${field}.wait`);
    return { type: "wait", seconds: duration(input.wait.seconds, `${field}.wait.seconds`) };
  }
  if ("analyze" in input)
    return { type: "analyze", seconds: duration(input.analyze.seconds, `${field}.analyze.seconds`) };
  if ("mirror" in input)
    return { type: "mirror", weight: percentage(input.mirror.percentage, `${field}.mirror.percentage`) };
  if ("match" in input) return matchStep(input.match, `${field}.match`);
  if ("scale" in input) {
    const share = input.scale.percentage;
    if (!(share > 0 && share <= 100))
      throw invalidField(`${field}.scale.percentage`, share, "more than 0, at most 100");
    return { type: "scale", percentage: share };
  }
  if ("switch" in input) return { type: "switch" };
  const timeoutSeconds = duration(
    input.hook.timeoutSeconds ?? DEFAULT_HOOK_TIMEOUT_SECONDS,
    `${field}.hook.timeoutSeconds`,
  );
  return { type: "hook", url: input.hook.url, timeoutSeconds };
}

type ApprovalInput = Extract<Extract<StepInput, { wait: unknown }>["wait"], { approval: true }>;

/** One person, and for ever, unless said otherwise. */
function approvalStep({ approvals, expiresSeconds }: ApprovalInput, field: string): Step {
  if (approvals !== undefined && !(Number.isInteger(approvals) && approvals >= 1))
    throw invalidField(`${field}.approvals`, approvals, "a whole number of people, 1 or more");
  if (expiresSeconds !== undefined && !(Number.isInteger(expiresSeconds) && expiresSeconds >= 1))
    throw invalidField(`${field}.expiresSeconds`, expiresSeconds, "a whole number of seconds, 1 or more");
  return {
    type: "wait",
    approval: true,
    ...(approvals === undefined ? {} : { approvals }),
    ...(expiresSeconds === undefined ? {} : { expiresSeconds }),
  };
}

/** Header names are case-insensitive and kept in lower case, as the gateway sees them. */
export function matchStep(match: MatchInput, field: string): Step {
  const lowerCase = Object.entries(match.header ?? {}).map(([name, value]) => [name.toLowerCase(), value]);
  const headers: Record<string, string> = Object.fromEntries(lowerCase);
  const cookies = { ...match.cookie };
  const { region } = match;
  if (Object.keys(headers).length + Object.keys(cookies).length === 0 && region === undefined) {
    throw invalidField(field, match, "at least one header, cookie or region");
  }
  return { type: "match", headers, cookies, ...(region === undefined ? {} : { region }) };
}

/** Percent with at most two decimals to hundredths of a percent. Throws `invalid_argument` naming the field. */
export function percentage(percent: number, field: string): Weight {
  const weight = Math.round(percent * 100);
  const exact = Number.isFinite(percent) && Math.abs(weight - percent * 100) < 1e-6;
  if (!exact || weight < 0 || weight > FULL_WEIGHT)
    throw invalidField(field, percent, "0 to 100 with at most two decimals");
  return weight;
}

function duration(seconds: number, field: string): number {
  if (!Number.isInteger(seconds) || seconds < 0)
    throw invalidField(field, seconds, "a whole number of seconds, 0 or more");
  return seconds;
}
