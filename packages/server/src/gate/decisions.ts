/**
 * What webhooks decided about rollouts that still wait for something else: they are not asked every few seconds. Kept in
 * memory: after a restart they are asked once more.
 */
export interface Decisions<Decision> {
  find(key: string): Decision | undefined;
  keep(key: string, decision: Decision): void;
}

/** Decisions that are kept; beyond, the oldest are forgotten. */
const MOST = 10_000;

export function createDecisions<Decision>(): Decisions<Decision> {
  const kept = new Map<string, Decision>();
  return {
    find: (key) => kept.get(key),
    keep(key, decision) {
      kept.set(key, decision);
      const [oldest] = kept.keys();
      if (kept.size > MOST && oldest !== undefined) kept.delete(oldest);
    },
  };
}
