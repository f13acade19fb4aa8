import { canonicalJson, digestOf } from "../revision/digest.ts";

/** One change, as it is kept for ever. `detail` never holds a secret. */
export interface AuditRecord {
  project: string;
  /** 1, 2, 3 … without a gap, per project. */
  seq: number;
  /** RFC 3339, UTC. */
  at: string;
  actor: string;
  /** `noun.verb`, for example `rollout.promote`. */
  action: string;
  /** Id of what was changed. */
  subject: string;
  detail: Record<string, unknown>;
}

export interface AuditEntry extends AuditRecord {
  /** Hash of the entry before; empty for the first. */
  previous: string;
  hash: string;
}

/** Links a record to the entry before it: its hash covers every field and the previous hash. */
export function chain(record: AuditRecord, previous: string): AuditEntry {
  const { project, seq, at, actor, action, subject, detail } = record;
  const hash = digestOf({
    project,
    seq,
    at,
    actor,
    action,
    subject,
    detail: JSON.parse(canonicalJson(detail)),
    previous,
  });
  return { ...record, previous, hash };
}

export type ChainVerdict = { valid: true; entries: number } | { valid: false; seq: number; problem: string };

/**
 * Checks a chain from its first entry to `head` (number and hash of the newest entry, kept apart).
 * Tells the first entry that was changed, is missing, or was put in between; a shortened chain differs from its head.
 * `checked` is the last entry of a part that was verified before, so that a long chain need not be read at once.
 */
export function verifyChain(
  entries: Iterable<AuditEntry>,
  head: { seq: number; hash: string },
  checked: { seq: number; hash: string } = { seq: 0, hash: "" },
): ChainVerdict {
  let previous = checked.hash;
  let seq = checked.seq;
  for (const entry of entries) {
    seq += 1;
    if (entry.seq !== seq)
      return { valid: false, seq, problem: `entry ${seq} is missing; ${entry.seq} stands in its place` };
    if (entry.previous !== previous) return { valid: false, seq, problem: "does not follow the entry before it" };
    if (chain(entry, previous).hash !== entry.hash)
      return { valid: false, seq, problem: "was changed after it was written" };
    previous = entry.hash;
  }
  if (head.seq !== seq || head.hash !== previous) {
    return { valid: false, seq: seq + 1, problem: `the chain ends at ${seq}, its head says ${head.seq}` };
  }
  return { valid: true, entries: seq };
}
