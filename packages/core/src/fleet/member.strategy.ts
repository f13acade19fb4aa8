import type { Rollout, StepState } from "../rollout/rollout.ts";
import { strategySchema } from "../strategy/strategy.schema.ts";
import type { Strategy } from "../strategy/strategy.types.ts";
import type { Weight } from "../traffic/split.ts";
import type { MemberState } from "./member.ts";

/** As the schema has it. Seconds. */
const LONGEST_KEPT = 2_592_000;

/**
 * The strategy of the rollout at one target: the one that was asked for. Tests, and steps that ask people, are of the first
 * wave alone, for what they answer holds everywhere; the old revision stays warm until the last wave is to be over, so that all
 * targets can go back at once. Nothing is left of it once a person has promoted the whole.
 */
export function memberStrategy(rollout: Rollout, target: string): Strategy {
  const { strategy, steps, promotedAt } = rollout;
  const own = steps.findIndex((step) => isWave(step) && step.status !== "skipped" && step.targets.includes(target));
  const first = steps.findIndex(isWave) === own;
  const later = steps.slice(own + 1).reduce((sum, step) => sum + ("seconds" in step ? step.seconds : 0), 0);
  const common = {
    ...strategy,
    onConflict: "supersede" as const,
    tests: first ? strategy.tests : null,
    keepStableSeconds: Math.min(LONGEST_KEPT, strategy.keepStableSeconds + later),
  };
  if (promotedAt !== null) return atOnce(common);
  return first || common.type !== "canary" ? common : { ...common, steps: unasked(common.steps) };
}

type CanarySteps = Extract<Strategy, { type: "canary" }>["steps"];

function unasked(steps: CanarySteps): CanarySteps {
  if (steps === null) return null;
  const left = steps.filter((step) => !("wait" in step && "approval" in step.wait));
  return left.length === 0 ? [{ switch: true }] : left;
}

function atOnce({ autoRollback, onFailure, analysis, keepStableSeconds, onConflict }: Strategy): Strategy {
  const kept = { autoRollback, onFailure, analysis, keepStableSeconds, onConflict };
  return strategySchema.parse({ type: "immediate", ...kept });
}

const isWave = (step: StepState): step is Extract<StepState, { type: "wave" }> => step.type === "wave";

/** The candidate's share of all callers, each target counting the same. */
export const weightOverTargets = (members: readonly MemberState[]): Weight =>
  members.length === 0 ? 0 : Math.round(members.reduce((sum, { weight }) => sum + weight, 0) / members.length);
