import type { Phase, Rollout } from "@sluice/client";

export type Place = "done" | "now" | "ahead" | "failed" | "skipped";

export interface Stop {
  phase: Phase;
  label: string;
  place: Place;
}

/** The phases that a rollout goes through, in order. Those that ask somebody or something are shown where they are asked. */
const WAY: readonly (readonly [Phase, string])[] = [
  ["validating", "Checks"],
  ["awaiting_approval", "Approval"],
  ["gating", "Gates"],
  ["preparing", "Instances"],
  ["testing", "Tests"],
  ["shifting", "Traffic"],
  ["monitoring", "Watch"],
  ["completed", "Stable"],
];

/** Where it was when it failed, as far as what it has found tells. */
function lastPhase(rollout: Rollout): Phase {
  if (rollout.phase === "gates_failed") return "gating";
  if (rollout.steps.some(({ status }) => status !== "pending"))
    return rollout.step >= rollout.steps.length ? "monitoring" : "shifting";
  if (rollout.tests.length > 0) return "testing";
  if (rollout.validations.some(({ passed }) => !passed)) return "validating";
  if (rollout.gates.some(({ status }) => status !== "passed")) return "gating";
  return rollout.gates.length > 0 || rollout.validations.length > 0 ? "preparing" : "validating";
}

const ENDED_BADLY: readonly Phase[] = [
  "rolling_back",
  "rolled_back",
  "gates_failed",
  "failed",
  "cancelled",
  "superseded",
];

export function trackOf(rollout: Rollout): Stop[] {
  const { phase, strategy } = rollout;
  const bad = ENDED_BADLY.includes(phase);
  const here = phase === "queued" ? "validating" : bad ? lastPhase(rollout) : phase;
  const at = WAY.findIndex(([known]) => known === here);
  const asks: Partial<Record<Phase, boolean>> = {
    awaiting_approval: rollout.requiredApprovals > 0,
    gating: rollout.gates.length > 0 || here === "gating",
    testing: rollout.tests.length > 0 || (strategy.tests ?? null) !== null || here === "testing",
  };
  return WAY.flatMap(([known, label], index) => {
    if (asks[known] === false) return [];
    const place: Place =
      index < at || phase === "completed"
        ? "done"
        : index > at
          ? bad
            ? "skipped"
            : "ahead"
          : bad
            ? "failed"
            : phase === "queued"
              ? "ahead"
              : "now";
    return [{ phase: known, label, place }];
  });
}
