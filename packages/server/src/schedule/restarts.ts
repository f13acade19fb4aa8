import { type Instant, NO_EVENT, SluiceError } from "@sluice/core";
import type { Kysely } from "kysely";
import type { Logger } from "pino";
import { inAmbientTransaction } from "../db/ambient.ts";
import type { Database } from "../db/schema.ts";
import type { Claims } from "../engine/claims.ts";
import type { Live } from "../engine/live.ts";
import { createPerformer } from "../trigger/perform.ts";
import { actorOf, tell } from "./begin.ts";
import { findScheduleRun, finishScheduleRun, type StoredScheduleRun, unfinishedRuns } from "./run.store.ts";
import { findSchedule, type StoredSchedule } from "./schedule.store.ts";

interface Deps {
  db: Kysely<Database>;
  clock: () => Instant;
  live: Live;
  claims: Claims;
  logger: Logger;
}

/** Restarts that are looked at in one go. */
const MOST = 100;

/** Failures that are nobody's fault: nothing is written down, and the restart is tried again. */
const TRANSIENT = new Set(["unavailable", "aborted", "deadline_exceeded", "internal", "unknown"]);

/**
 * Carries out restarts that were begun: what they reach into no transaction takes back, so that the run is on disk before. Whoever
 * finds one that nobody works on goes on with it. The runtime is asked under the deployment's fence, which moves in the same
 * transaction that ends the run: until that is committed, asking again is asking for the same restart.
 */
export function createRestarts({ db, clock, live, claims, logger }: Deps): () => Promise<void> {
  const performer = createPerformer({ db, clock, live });

  const restart = async ({ project, name, spec }: StoredSchedule): Promise<Result> => {
    const { action } = spec;
    if (action.type !== "restart") return failed(`schedule ${name} restarts nothing any more`);
    const principal = actorOf({ project, name, spec });
    const order = { action, project, principal, event: NO_EVENT, now: clock() };
    try {
      const { reason } = await db.transaction().execute(() => performer.perform(order));
      return { outcome: "started", reason };
    } catch (error) {
      if (!(error instanceof SluiceError) || TRANSIENT.has(error.code)) throw error;
      return failed(error.message);
    }
  };

  const carryOut = (run: StoredScheduleRun): Promise<void> =>
    inAmbientTransaction(db, async () => {
      const schedule = await findSchedule(db, run.scheduleId);
      // Finished by somebody else before it could be claimed, or deleted.
      if (schedule === null || (await findScheduleRun(db, run.id))?.outcome !== "running") return;
      const result = await restart(schedule);
      const at = new Date(clock());
      if (await finishScheduleRun(db, run.id, { ...result, at }))
        await tell(db, schedule, { ...run, ...result, finishedAt: at }, at);
    });

  return async () => {
    for (const run of await unfinishedRuns(db, MOST)) {
      const giveBack = await claims.take(run.id);
      if (giveBack === null) continue;
      await carryOut(run)
        .catch((err: unknown) => logger.warn({ err, run: run.id }, "a restart did not go through; trying again"))
        .finally(giveBack);
    }
  };
}

type Result = Pick<StoredScheduleRun, "outcome" | "reason">;

const failed = (reason: string): Result => ({ outcome: "failed", reason });
