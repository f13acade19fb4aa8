/** One process of the machine, as far as what it uses is concerned. */
export interface UsageEntry {
  pid: number;
  parent: number;
  group: number;
  startTime: string;
  rssBytes: number;
  /** Processor time that it has used itself since its start. */
  ownMs: number;
  /** Processor time of its children that have ended and that it has taken notice of, and of theirs. */
  reapedMs: number;
}

/** A reading of the whole machine, ordered so that one family is found without looking at every process. */
export interface UsageTable {
  byPid: ReadonlyMap<number, UsageEntry>;
  byParent: ReadonlyMap<number, UsageEntry[]>;
  byGroup: ReadonlyMap<number, UsageEntry[]>;
}

export function usageTable(entries: readonly UsageEntry[]): UsageTable {
  return {
    byPid: new Map(entries.map((entry) => [entry.pid, entry])),
    byParent: Map.groupBy(entries, (entry) => entry.parent),
    byGroup: Map.groupBy(entries, (entry) => entry.group),
  };
}

/**
 * The leader's process group, everything that descends from it, and what belonged to it in the reading before: a child
 * that has moved to a group of its own is still known after its parent's end. Empty when the pid has come to mean a
 * stranger.
 */
export function familyOf(
  { byPid, byParent, byGroup }: UsageTable,
  leader: { pid: number; startTime: string },
  before: readonly UsageEntry[],
): UsageEntry[] {
  const present = byPid.get(leader.pid);
  if (present !== undefined && present.startTime !== leader.startTime) return [];
  const known = before.flatMap((old) => {
    const entry = byPid.get(old.pid);
    return entry !== undefined && entry.startTime === old.startTime ? [entry] : [];
  });
  const family = new Set([...(byGroup.get(leader.pid) ?? []), ...known]);
  // A set goes on over what is added to it while it is walked through.
  for (const member of family) for (const child of byParent.get(member.pid) ?? []) family.add(child);
  return [...family];
}

/**
 * Processor time that a family has used between two readings, in milliseconds. Time moves to the parent when a process
 * ends, so the sum over all of them grows by what was used, however short a child lived in between; but the time of one
 * whose parent did not want to know its end is lost from that sum. What the living have used is never too much either,
 * so the larger of the two is nearer to the truth.
 */
export function cpuMsBetween(before: readonly UsageEntry[], after: readonly UsageEntry[]): number {
  const earlier = new Map(before.map((entry) => [entry.pid, entry]));
  let living = 0;
  for (const entry of after) {
    const old = earlier.get(entry.pid);
    living += Math.max(0, entry.ownMs - (old?.startTime === entry.startTime ? old.ownMs : 0));
  }
  return Math.max(living, total(after) - total(before));
}

const total = (family: readonly UsageEntry[]): number =>
  family.reduce((sum, { ownMs, reapedMs }) => sum + ownMs + reapedMs, 0);

export const rssBytesOf = (family: readonly UsageEntry[]): number =>
  family.reduce((sum, { rssBytes }) => sum + rssBytes, 0);
