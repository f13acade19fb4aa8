import type { InstancesFact } from "../rollout/facts.ts";
import type { Instant } from "../time.ts";

/**
 * Something of a deployment that somebody else changed underneath: `kubectl rollout undo`, `helm rollback`, weights set by hand.
 * What the platform serves is not what we say it does, until that is put back (edge case 51).
 */
export interface Drift {
  about: { revision: number } | "traffic";
  /** Which object, and how it differs, in a sentence. */
  what: string;
  /** When it was put back; null: it is there now. */
  mendedAt: Instant | null;
}

/** A drift that people were told of. */
export interface ToldDrift extends Drift {
  at: Instant;
}

/** Of the same drift nobody hears again for so long: somebody may be at odds with us for hours. */
const QUIET_MS = 600_000;

/** Those that people have not heard of. Pure. */
export function driftNews(told: readonly ToldDrift[], seen: readonly Drift[], now: Instant): ToldDrift[] {
  const dated = seen.map((drift) => ({ ...drift, at: drift.mendedAt ?? now }));
  return dated.filter((drift) => !told.some((old) => isSame(old, drift) && drift.at - old.at < QUIET_MS));
}

/** What is still worth remembering: what is heard of no more, or would be news again anyway, is not. Pure. */
export const rememberedDrifts = (told: readonly ToldDrift[], seen: readonly Drift[], now: Instant): ToldDrift[] =>
  told.filter(
    (old) => now - old.at < QUIET_MS || seen.some((drift) => isSame(old, drift) && drift.mendedAt === old.at),
  );

/** The drift as an event says it. Pure. */
export function describeDrift({ about, what, mendedAt }: Drift): string {
  const whose = about === "traffic" ? "the traffic" : `revision ${about.revision}`;
  return `${whose} was changed by somebody else (${what}); ${mendedAt === null ? "it is put back" : "it was put back"}`;
}

/** Whether a revision is what was delivered, and not what somebody else made of it: only then do its instances prove anything. */
export const isAsDelivered = ({ drift }: Pick<InstancesFact, "drift">): boolean => drift === undefined;

const isSame = (left: Drift, right: Drift): boolean =>
  left.what === right.what && revisionOf(left) === revisionOf(right);

const revisionOf = ({ about }: Drift): number | null => (about === "traffic" ? null : about.revision);
