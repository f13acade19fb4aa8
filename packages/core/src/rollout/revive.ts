import { strategySchema } from "../strategy/strategy.schema.ts";
import type { Strategy } from "../strategy/strategy.types.ts";
import { NOTHING_DESIRED } from "./desired.ts";
import type { Rollout } from "./rollout.ts";

/** What a rollout that was stored before these fields existed meant. */
const LATER_FIELDS = {
  noDataSince: null,
  unavailableSince: null,
  refusedSince: null,
  approvers: null,
  approvalExpirySeconds: null,
  attempts: { gates: 1, tests: 1, migrations: 1, members: 1 },
  tests: [],
  migrations: [],
  judge: null,
  shadow: null,
  goal: null,
  trigger: null,
  failure: null,
  heldWeight: null,
  accepted: [],
  irreversible: false,
  newerWaiting: null,
  promotedAt: null,
  waves: null,
  members: [],
  partOf: null,
} satisfies Partial<Rollout>;

/**
 * A rollout as it is on disk, written by this version or an earlier one, with the fields that have been added since. One of this
 * version comes back as it is. Never throws: a rollout that cannot be read would hold its deployment for ever.
 */
export function reviveRollout(state: Rollout): Rollout {
  if (isCurrent(state)) return state;
  return {
    ...LATER_FIELDS,
    ...state,
    strategy: reviveStrategy(state.strategy),
    desired: { ...NOTHING_DESIRED, ...state.desired },
    attempts: { ...LATER_FIELDS.attempts, ...state.attempts },
    approvals: state.approvals.map((approval) => ({ ...approval, step: approval.step ?? null })),
    gates: state.gates.map((gate) => ({
      ...gate,
      conditions: gate.conditions.filter((condition) => condition.status !== undefined),
      waitsUntil: gate.waitsUntil ?? null,
    })),
  };
}

const isCurrent = (state: Rollout): boolean =>
  Object.keys(LATER_FIELDS).every((field) => field in state) &&
  "onFailure" in state.strategy &&
  "preview" in state.desired &&
  "members" in state.attempts &&
  state.approvals.every((approval) => "step" in approval);

/** Options that did not exist had no effect: their defaults are what was meant. */
function reviveStrategy(stored: Strategy): Strategy {
  const parsed = strategySchema.safeParse(stored);
  if (parsed.success) return parsed.data;
  const { onFailure, tests, holdbackPercentage, analysis } = strategySchema.parse({ type: "immediate" });
  const added = { onFailure, tests, holdbackPercentage };
  return { ...added, ...stored, analysis: { ...analysis, ...stored.analysis } };
}
