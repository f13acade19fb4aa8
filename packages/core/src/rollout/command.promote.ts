import type { Step } from "../strategy/strategy.types.ts";
import { FULL_WEIGHT } from "../traffic/split.ts";
import { resumed } from "./clock.ts";
import type { Draft } from "./draft.ts";
import type { StepState } from "./rollout.ts";

/**
 * Waives what is left: of the steps in `shifting`, of the bake in `monitoring`. The candidate still needs its instances,
 * and its weight is still verified. A shadow goes to its end, which is not to serve.
 */
export function promote(draft: Draft): void {
  const { now } = draft;
  if (draft.rollout.pausedAt !== null) draft.change({ ...resumed(draft.rollout, now), reason: null });
  if (draft.rollout.phase === "monitoring") {
    draft.change({ promotedAt: now });
    return;
  }
  const { strategy, steps, waves } = draft.rollout;
  if (waves !== null) {
    promoteTargets(draft);
    return;
  }
  const shadows = strategy.type === "shadow" && steps.some((step) => step.type === "mirror");
  replaceRest(
    draft,
    draft.rollout.step,
    shadows ? { type: "mirror", weight: 0 } : { type: "setWeight", weight: FULL_WEIGHT },
  );
}

/** What is left of the waves becomes one, of every target that has not been passed; those under way skip what is left there. */
function promoteTargets(draft: Draft): void {
  const { steps, step, waves } = draft.rollout;
  const passed = steps
    .slice(0, step)
    .flatMap((one) => (one.type === "wave" && one.status === "done" ? one.targets : []));
  const targets = (waves?.waves ?? []).flatMap((wave) => wave.targets).filter((target) => !passed.includes(target));
  draft.change({ promotedAt: draft.now });
  replaceRest(
    draft,
    step,
    targets.length === 0 ? null : { type: "wave", targets, maxParallel: targets.length, seconds: 0 },
  );
}

type LastStep = Extract<Step, { type: "mirror" | "setWeight" | "wave" }>;

/** Skips the steps from `from` on and puts one in their place, if there is one; it is then the current one. */
export function replaceRest(draft: Draft, from: number, last: LastStep | null): void {
  const skipped = draft.rollout.steps.map((step, index): StepState => {
    if (index < from) return step;
    return { ...step, status: "skipped", finishedAt: step.status === "running" ? draft.now : null };
  });
  const pending: StepState[] = last === null ? [] : [{ ...last, status: "pending", startedAt: null, finishedAt: null }];
  draft.change({ steps: [...skipped, ...pending], step: skipped.length, stepPausedMs: 0, noDataSince: null });
}
