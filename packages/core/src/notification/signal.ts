import { ALERTS, type Alert, alertOfTrigger } from "./alert.ts";

/** What is known of an event when somebody decides whom to tell. */
export interface Happening {
  type: string;
  alert: boolean;
  data: Readonly<Record<string, unknown>>;
  /** Of the event's rollout; null for events of none. */
  rollout: { id: string; trigger: string | null; requiredApprovals: number } | null;
}

/** Where an alert comes from: what rollouts find, or a threshold, by its text. They begin and end apart. */
export type Source = string;
export const FROM_ROLLOUTS: Source = "rollout";

/**
 * What an event means for those who listen.
 *
 * - `firing`: something is wrong, until it is resolved.
 * - `resolved`: of these alerts, what this rollout (or any of the deployment) began is over.
 * - `told`: news that is over as soon as it is told.
 */
export type Signal =
  | { state: "firing"; alert: Alert; source: Source }
  | { state: "resolved"; alerts: readonly Alert[]; source: Source | null; of: "rollout" | "deployment" }
  | { state: "told"; alert: Alert };

const EXCEPT_FAILURE = ALERTS.filter((alert) => alert !== "deployment_failure");

const firing = (alert: Alert): Signal => ({ state: "firing", alert, source: FROM_ROLLOUTS });
const told = (alert: Alert): Signal => ({ state: "told", alert });
/** The rollout itself is over; that it failed stays true until one of the deployment completes. */
const OVER: Signal = { state: "resolved", alerts: EXCEPT_FAILURE, source: FROM_ROLLOUTS, of: "rollout" };
const GIVEN_UP: Signal = { state: "resolved", alerts: ALERTS, source: FROM_ROLLOUTS, of: "rollout" };
const WELL_AGAIN: Signal = { state: "resolved", alerts: ALERTS, source: FROM_ROLLOUTS, of: "deployment" };
const GONE: Signal = { state: "resolved", alerts: ALERTS, source: null, of: "deployment" };

type Rule = (happening: Happening) => Signal[];

/** Of events that mean something by their type; every other one is heard of if its alert flag is set. */
const RULES: Readonly<Record<string, Rule>> = {
  "rollout.created": () => [told("deployment_started")],
  "rollout.phase.changed": phaseSignals,
  "rollout.return.started": triggerSignals,
  "rollout.paused": triggerSignals,
  "rollout.frozen": triggerSignals,
  "rollout.resumed": () => [GIVEN_UP],
  // The rollout turns back or stops because of it, and says so; or somebody has seen it and went on.
  "rollout.guard.closed": () => [],
  "rollout.judge.closed": () => [],
  "deployment.deleted": () => [GONE, told("deployment_removed")],
  "deployment.threshold.breached": ({ data }) => {
    const alert = ALERTS.find((known) => known === data.alert);
    return alert === undefined ? [] : [{ state: "firing", alert, source: String(data.threshold) }];
  },
  "deployment.threshold.recovered": ({ data }) => [
    {
      state: "resolved",
      alerts: ALERTS.filter((known) => known === data.alert),
      source: String(data.threshold),
      of: "deployment",
    },
  ],
};

/** What the event means, the gravest news first. Whoever hears several of its news is told the first. */
export function signalsOf(happening: Happening): Signal[] {
  const rule = Object.hasOwn(RULES, happening.type) ? RULES[happening.type] : undefined;
  if (rule !== undefined) return rule(happening);
  return happening.alert ? [told("needs_attention")] : [];
}

/** A failure that turns a rollout back or stops it. What a person wished is told at its end. */
function triggerSignals({ alert, data }: Happening): Signal[] {
  const found = alert ? alertOfTrigger(data.trigger) : null;
  return found === null ? [] : [firing(found)];
}

function phaseSignals({ data, rollout }: Happening): Signal[] {
  switch (data.to) {
    case "awaiting_approval":
      return (rollout?.requiredApprovals ?? 0) > 0 ? [told("approval_required")] : [];
    case "completed":
      return [WELL_AGAIN, told("deployment_completed")];
    case "rolled_back": {
      const found = data.from !== "completed" && alertOfTrigger(rollout?.trigger) !== null;
      return [OVER, ...(found ? [firing("deployment_failure")] : []), told("rollback")];
    }
    case "failed":
      return [OVER, ...(rollout?.trigger === "manual" ? [] : [firing("deployment_failure")])];
    case "gates_failed":
      return [OVER, firing("deployment_failure")];
    case "cancelled":
    case "superseded":
      return [GIVEN_UP];
    default:
      return [];
  }
}
