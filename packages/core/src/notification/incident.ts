import type { Instant } from "../time.ts";

/** What one channel knows of one alert of one deployment from one source. */
export interface Incident {
  /** Of the incident that is open, or was last. */
  id: string;
  open: boolean;
  openedAt: Instant;
  /** The rollout that was told of last; null for thresholds. */
  rollout: string | null;
  /** Whether the channel was told that it is open. */
  announced: boolean;
  /** When the channel was told, within the limit's time. */
  toldAt: readonly Instant[];
  /** Not told since the last that was. */
  heldBack: number;
}

/** So many messages about one alert of one deployment in so many seconds; what is more is held back and counted. */
export interface TellingLimit {
  messages: number;
  perSeconds: number;
}

export type IncidentSignal =
  | { state: "firing"; rollout: string | null }
  | { state: "resolved"; rollout: string | null; of: "rollout" | "deployment" }
  | { state: "told" };

export interface Verdict {
  incident: Incident | null;
  /** `silent`: the channel knows already, or it does not concern it. */
  say: "tell" | "hold back" | "silent";
  /** Messages that were held back before the one that is told. */
  heldBack: number;
}

const NEVER: Omit<Incident, "id" | "openedAt"> = {
  open: false,
  rollout: null,
  announced: false,
  toldAt: [],
  heldBack: 0,
};

/**
 * What a channel is told of a signal. One breach is one message: while an incident is open, only another rollout with the same
 * failure is news. An end is told exactly when its beginning was. Above the limit nothing is told: it is counted, and the next
 * message says how many were held back.
 */
export function judgeSignal(
  known: Incident | null,
  signal: IncidentSignal,
  at: { now: Instant; newId: string; limit: TellingLimit },
): Verdict {
  const before = known ?? { id: at.newId, openedAt: at.now, ...NEVER };
  switch (signal.state) {
    case "firing":
      return fire(before, signal.rollout, at);
    case "resolved":
      return resolve(known, signal);
    case "told":
      return tell({ ...before, id: at.newId, openedAt: at.now }, at);
  }
}

type At = Parameters<typeof judgeSignal>[2];

function fire(before: Incident, rollout: string | null, at: At): Verdict {
  if (before.open && before.rollout === rollout) return silent(before);
  const opened = before.open
    ? { ...before, rollout }
    : { ...before, id: at.newId, open: true, openedAt: at.now, rollout, announced: false };
  const verdict = tell(opened, at);
  if (verdict.incident === null || verdict.say !== "tell") return verdict;
  return { ...verdict, incident: { ...verdict.incident, announced: true } };
}

function resolve(known: Incident | null, signal: Extract<IncidentSignal, { state: "resolved" }>): Verdict {
  if (known === null || !known.open) return silent(known);
  if (signal.of === "rollout" && known.rollout !== signal.rollout) return silent(known);
  const closed = { ...known, open: false, announced: false };
  if (!known.announced) return silent(closed);
  return { incident: { ...closed, heldBack: 0 }, say: "tell", heldBack: known.heldBack };
}

function tell(incident: Incident, { now, limit }: At): Verdict {
  const recent = incident.toldAt.filter((moment) => now - moment < limit.perSeconds * 1_000);
  if (recent.length >= limit.messages) {
    return {
      incident: { ...incident, toldAt: recent, heldBack: incident.heldBack + 1 },
      say: "hold back",
      heldBack: 0,
    };
  }
  return {
    incident: { ...incident, toldAt: [...recent, now], heldBack: 0 },
    say: "tell",
    heldBack: incident.heldBack,
  };
}

const silent = (incident: Incident | null): Verdict => ({ incident, say: "silent", heldBack: 0 });
