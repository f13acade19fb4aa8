import { type Instant, NO_EVENT, SluiceError } from "@sluice/core";
import type { Kysely } from "kysely";
import type { Logger } from "pino";
import { inAmbientTransaction } from "../db/ambient.ts";
import type { Database } from "../db/schema.ts";
import { requireDeployment } from "../deployment/deployment.lookup.ts";
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

/**
 * Carries out restarts that were begun. They reach into the running system, which no transaction takes back: the run is on disk
 * before, and whoever finds one that nobody works on goes on with it. Instances that have begun since then are fresh
 * already, so a server that was killed in the middle restarts nothing twice.
 */
export function createRestarts({ db, clock, live, claims, logger }: Deps): () => Promise<void> {
  const performer = createPerformer({ db, clock, live });

  const restart = async (run: StoredScheduleRun, schedule: StoredSchedule): Promise<string> => {
    const { action } = schedule.spec;
    const principal = actorOf(schedule);
    if (action.type !== "restart")
      throw new SluiceError("failed_precondition", "the schedule restarts nothing any more");
    const { project } = schedule;
    const name = { id: action.deployment, project, environment: action.environment };
    const { id } = await requireDeployment(db, principal, "deployment.read", name);
    if (await isFresh(live, id, run.startedAt)) return `every instance of ${action.deployment} has begun since`;
    const order = { action, project, principal, event: NO_EVENT, now: clock() };
    return (await performer.perform(order)).reason;
  };

  const carryOut = async (run: StoredScheduleRun): Promise<void> => {
    const schedule = await findSchedule(db, run.scheduleId);
    // Finished by somebody else before it could be claimed, or deleted.
    if (schedule === null || (await findScheduleRun(db, run.id))?.outcome !== "running") return;
    const result = await restart(run, schedule).then(
      (reason) => ({ outcome: "started" as const, reason }),
      (error: unknown) => {
        if (!(error instanceof SluiceError) || error.code === "unavailable" || error.code === "internal") throw error;
        return { outcome: "failed" as const, reason: error.message };
      },
    );
    const at = new Date(clock());
    await inAmbientTransaction(db, async () => {
      if (await finishScheduleRun(db, run.id, { ...result, at }))
        await tell(db, schedule, { ...run, ...result, finishedAt: at }, at);
    });
  };

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

async function isFresh(live: Live, deployment: string, since: Date): Promise<boolean> {
  const instances = (await live.observe(deployment)).flatMap((workload) => workload.instances);
  return instances.length > 0 && instances.every(({ startedAt }) => startedAt !== null && startedAt >= since.getTime());
}
