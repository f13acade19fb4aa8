import { SluiceError } from "../errors.ts";
import type { Instant } from "../time.ts";
import type { Advanced } from "./effect.ts";
import type { Facts } from "./facts.ts";
import { outstandingEffects } from "./outstanding.ts";
import { isTerminal, NOTHING_STARTED, type Phase, type TerminalPhase } from "./phase.ts";
import { awaitingApproval, gating, validating } from "./phases/checks.ts";
import { monitoring } from "./phases/monitoring.ts";
import { preparing } from "./phases/preparing.ts";
import { queued } from "./phases/queued.ts";
import { rollingBack } from "./phases/rolling-back.ts";
import { shifting } from "./phases/shifting.ts";
import { testing } from "./phases/testing.ts";
import type { Rollout } from "./rollout.ts";
import { Turn } from "./turn.ts";

const RULES: Readonly<Record<Exclude<Phase, TerminalPhase>, (turn: Turn) => void>> = {
  queued,
  validating,
  awaiting_approval: awaitingApproval,
  gating,
  preparing,
  testing,
  shifting,
  monitoring,
  rolling_back: rollingBack,
};

/**
 * The heart: what should be so now, given what is seen. Pure and level-triggered: the answer depends on the rollout, the
 * facts and the time alone, never on how often or how late it is asked. Asked again with the same facts it repeats the
 * effects that the facts do not show yet and reports nothing new; when nothing changed, `rollout` is the very object that
 * was given. A finished rollout wants nothing. Throws `internal` only if it broke its own rules.
 */
export function advance(rollout: Rollout, facts: Facts, now: Instant): Advanced<Rollout> {
  if (isTerminal(rollout.phase)) return { rollout, effects: [], events: [] };
  const turn = new Turn(rollout, facts, now);
  settle(turn);
  const ended = isTerminal(turn.rollout.phase);
  const effects = [...outstandingEffects(turn), ...turn.once];
  return {
    rollout: turn.rollout,
    effects,
    events: turn.events,
    ...(ended || turn.wakeAt === undefined ? {} : { wakeAt: turn.wakeAt }),
  };
}

/** More changes than the longest rollout has phases and steps are no progress. */
const MOST_CHANGES = 1_000;

/** Applies the rule of the current phase until it has nothing more to change. */
function settle(turn: Turn): void {
  for (let changes = 0; changes < MOST_CHANGES; changes++) {
    const before = turn.rollout;
    const { phase } = before;
    if (isTerminal(phase)) return;
    turn.wakeAt = undefined;
    turn.migrates = null;
    if (turn.facts.newer !== null && NOTHING_STARTED.includes(phase)) {
      turn.giveUp("superseded", { trigger: "superseded", reason: `superseded by ${turn.facts.newer}` });
    } else {
      RULES[phase](turn);
    }
    if (turn.rollout === before || turn.needsOtherFacts) return;
  }
  throw new SluiceError("internal", `rollout ${turn.rollout.id} comes to no rest in phase ${turn.rollout.phase}`);
}
