import type { Instant } from "../time.ts";
import { type Migrations, runnable } from "./migration.schema.ts";

export type MigrationDirection = "up" | "down";

/** One run of one migration, as it is on disk for ever. */
export interface MigrationRun {
  /** That ran it. */
  rollout: string;
  name: string;
  direction: MigrationDirection;
  /** The rollout's demand that it answered: what an earlier one came to is no answer. */
  demand: number;
  status: "succeeded" | "failed";
  /** In a sentence; what the program said last when it failed. */
  message: string;
  executionMs: number;
  at: Instant;
}

/** What is to be done to the data of the deployment, seen from one rollout. */
export interface MigrationsFact {
  /** Of the candidate's version, in order, not done yet. */
  pending: string[];
  /** Done by this rollout, the last one first: what its way back takes back. */
  applied: string[];
  /** Of a rollback after completion: done since the revision that it returns to was delivered, the last one first. */
  surplus: string[];
  /** The demand that these facts are about: a rollout that turns has another one, of which nothing is known yet. */
  demand: number;
  /** Why the run that answers this demand failed; null while none has. */
  failed: string | null;
  /** Something is being done to the data at this moment, in either direction: what it comes to is not known yet. */
  underway: boolean;
  /** By this rollout, in order. */
  runs: MigrationRun[];
}

export const NO_MIGRATIONS: MigrationsFact = {
  pending: [],
  applied: [],
  surplus: [],
  demand: 0,
  failed: null,
  underway: false,
  runs: [],
};

export interface MigrationHistory {
  rollout: string;
  demand: number;
  /** Of the candidate's version. */
  migrations: Migrations | undefined;
  /** Of the deployment, in order. */
  runs: readonly MigrationRun[];
  /** The rollout that delivered the revision which a rollback returns to; null for everything that is no such rollback. */
  deliveredBy: string | null;
  underway: boolean;
}

/** Ids of rollouts grow with time. */
export function migrationsFact({
  rollout,
  demand,
  migrations,
  runs,
  deliveredBy,
  underway,
}: MigrationHistory): MigrationsFact {
  const wanted = runnable(migrations?.up ?? []).map(({ name }) => name);
  const done = inForce(runs);
  const names = (which: (run: MigrationRun) => boolean): string[] =>
    done
      .filter(which)
      .map(({ name }) => name)
      .toReversed();
  const own = runs.filter((run) => run.rollout === rollout);
  const answer = own.findLast((run) => run.demand === demand);
  return {
    pending: wanted.filter((name) => !done.some((run) => run.name === name)),
    applied: names((run) => run.rollout === rollout),
    surplus: names((run) => deliveredBy !== null && run.rollout > deliveredBy && !wanted.includes(run.name)),
    demand,
    failed: answer?.status === "failed" ? answer.message : null,
    underway,
    runs: own,
  };
}

/** What is done to the data now: runs up that nothing took back, in the order in which they were done. */
export function inForce(runs: readonly MigrationRun[]): MigrationRun[] {
  const done = new Map<string, MigrationRun>();
  for (const run of runs) {
    if (run.status !== "succeeded") continue;
    done.delete(run.name);
    if (run.direction === "up") done.set(run.name, run);
  }
  return [...done.values()];
}
