import { type AgentRollback, type AgentRollbackAct, beginAct, type Instant, nextAct, settleAct } from "@sluice/core";
import type { Kysely } from "kysely";
import type pg from "pg";
import type { Logger } from "pino";
import { appendAudit } from "../../audit/audit.store.ts";
import type { Db } from "../../db/database.ts";
import { createOutageLog } from "../../db/outage.log.ts";
import type { Database } from "../../db/schema.ts";
import { createClaims } from "../../engine/claims.ts";
import type { Live } from "../../engine/live.ts";
import { wakeDeployment } from "../../engine/wake.ts";
import { appendEvents } from "../../event/event.store.ts";
import { perform } from "./rollback.acts.ts";
import { adoptRollbacks } from "./rollback.adopt.ts";
import { rollbackEvents, takenBackEvent } from "./rollback.events.ts";
import { findAgentRollback, runningAgentRollbacks, saveAgentRollback } from "./rollback.store.ts";

interface AgentRollbacksOptions {
  db: Kysely<Database>;
  pool: pg.Pool;
  live: Live;
  dataDir: string;
  server: string;
  logger: Logger;
  clock: () => Instant;
}

export interface AgentRollbacks {
  /** Ends the attempts that are being made. What is not done is done by the next server, or by this one after a restart. */
  close(): Promise<void>;
}

const EVERY_MS = 500;

/**
 * Takes agents back, step by step (core, `AgentRollback`). A step is written down as running, carried out, and written down with
 * its event when it has ended; whoever dies in between leaves a step that is carried out again. Of several servers one works at a
 * rollback: the one that holds its advisory lock.
 */
export function startAgentRollbacks(options: AgentRollbacksOptions): AgentRollbacks {
  const { db, pool, logger, clock } = options;
  const claims = createClaims(pool, logger);
  let timer: NodeJS.Timeout | null = null;
  let closed = false;
  const outages = createOutageLog(logger);

  const advance = async (id: string): Promise<void> => {
    const giveBack = await claims.take(`agent-rollback:${id}`);
    if (giveBack === null) return;
    try {
      while (!closed && (await step(options, id)));
    } catch (error) {
      logger.warn({ err: error, rollback: id }, "an agent's rollback was held up; trying again");
    } finally {
      await giveBack();
    }
  };

  const round = async (): Promise<void> => {
    await adoptRollbacks(db, clock);
    await Promise.all((await runningAgentRollbacks(db, options.server)).map(advance));
  };

  let running = Promise.resolve();
  const schedule = (delay: number): void => {
    if (closed) return;
    timer = setTimeout(() => {
      running = round()
        .then(outages.worked, (error: unknown) =>
          outages.failed(error, "rollbacks of agents were not seen; trying again"),
        )
        .finally(() => schedule(EVERY_MS));
    }, delay);
  };
  schedule(0);

  return {
    async close() {
      closed = true;
      if (timer !== null) clearTimeout(timer);
      await running;
      claims.close();
    },
  };
}

/** One attempt at the present step. Answers whether the next may follow at once. */
async function step({ db, live, dataDir, clock: now }: AgentRollbacksOptions, id: string): Promise<boolean> {
  const stored = await findAgentRollback(db, id);
  const act = stored === null ? null : nextAct(stored.rollback);
  if (stored === null || act === null) return false;
  let { rowVersion } = stored;
  const begun = beginAct(stored.rollback, now());
  if (begun !== stored.rollback) {
    await saveAgentRollback(db, begun, rowVersion);
    rowVersion += 1;
  }
  const outcome = await perform({ db, live, dataDir, now }, begun, act);
  const { rollback, events } = settleAct(begun, outcome, now());
  await db.transaction().execute(async (tx) => {
    await saveAgentRollback(tx, rollback, rowVersion);
    await appendEvents(tx, rollbackEvents(rollback, events));
    if (events.length > 0) await settleBesides(tx, act, rollback);
  });
  return events.length > 0;
}

/** What is written together with the end of a step. The audit's entry comes last, for its chain is locked from there on. */
async function settleBesides(tx: Db, act: AgentRollbackAct, rollback: AgentRollback): Promise<void> {
  if (act === "notify") await appendEvents(tx, [takenBackEvent(rollback)]);
  // A candidate of the same agent may have waited for this to be over.
  if (rollback.status !== "running") await wakeDeployment(tx, rollback.deployment);
  if (act !== "update_records") return;
  const { project, actor, rollout: subject, id, trigger, reason, options } = rollback;
  const steps = Object.fromEntries(rollback.acts.map(({ act: name, status }) => [name, status]));
  const detail = { rollback: id, trigger, reason, options, steps };
  await appendAudit(tx, {
    project,
    actor,
    action: "agent.rollback",
    subject,
    detail,
    at: new Date(rollback.updatedAt),
  });
}
