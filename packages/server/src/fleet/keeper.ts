import { type Instant, type Rollout, SluiceError, type TargetOrder } from "@sluice/core";
import type { Kysely } from "kysely";
import { appendAudit } from "../audit/audit.store.ts";
import type { Db } from "../db/database.ts";
import type { Database } from "../db/schema.ts";
import type { Crash } from "../engine/crash.ts";
import type { Loaded } from "../engine/load.ts";
import { findRolloutForUpdate } from "../rollout/rollout.store.ts";
import { sendAway } from "./leave.ts";
import { lockMember } from "./member.store.ts";
import { ORDERS } from "./orders.ts";

export interface FleetKeeper {
  /**
   * Carries out what the rollout of a deployment at several targets orders, and sends away members whose targets are gone.
   * Answers whether anything was done. Throws `aborted` when the rollout was changed since; nothing more is done then.
   */
  keep(loaded: Loaded, orders: readonly TargetOrder[]): Promise<boolean>;
}

interface Deps {
  db: Kysely<Database>;
  now: () => Instant;
  crash: Crash;
}

/** Each order is a transaction of its own, and none is carried out twice: what it is for is looked at under the member's lock. */
export function createFleetKeeper({ db, now, crash }: Deps): FleetKeeper {
  return {
    async keep(loaded, orders) {
      if (!loaded.deployment.fleet) return false;
      let done = false;
      for (const stranger of loaded.strangers) {
        done = (await db.transaction().execute((tx) => sendAway(tx, stranger, "engine", now()))) || done;
      }
      const [head] = loaded.rollouts;
      if (head === undefined) return done;
      for (const { target, order } of orders) {
        crash("between-effects");
        done =
          (await db.transaction().execute(async (tx) => {
            const whole = await wholeOf(tx, head.rollout.id, head.rowVersion);
            const member = await lockMember(tx, loaded.deployment.id, target);
            const given = { whole, member, parent: loaded.deployment.id, environment: loaded.environment, target };
            const rollout = await ORDERS[order](tx, given, now());
            if (rollout === null) return false;
            await audit(tx, whole, { target, order, rollout }, now());
            return true;
          })) || done;
      }
      return done;
    },
  };
}

/** Locked, so that no command comes between what was decided and what is done about it. */
async function wholeOf(db: Db, id: string, rowVersion: number): Promise<Rollout> {
  const stored = await findRolloutForUpdate(db, id);
  if (stored?.rowVersion === rowVersion) return stored.rollout;
  throw new SluiceError("aborted", `rollout ${id} was changed by someone else; look again`);
}

/** Whoever hears of it later finds it in the history of the whole. */
async function audit(
  db: Db,
  { id, project }: Rollout,
  { order, ...detail }: { target: string; order: string; rollout: string },
  now: Instant,
): Promise<void> {
  const entry = { project, actor: "engine", action: `rollout.target.${order}`, subject: id, detail };
  await appendAudit(db, { ...entry, at: new Date(now) });
}
