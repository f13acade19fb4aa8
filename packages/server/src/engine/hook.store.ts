import type { HookFact } from "@sluice/core";
import type { Db } from "../db/database.ts";
import { storableText } from "../db/storable-json.ts";

/** Every hook of the rollout that was ever called, by step. */
export async function hookCalls(db: Db, rollout: string): Promise<HookFact[]> {
  return db
    .selectFrom("hook_calls")
    .select(["step", "status", "message"])
    .where("rollout_id", "=", rollout)
    .orderBy("step")
    .execute();
}

/** Written in the transaction that decides on the call, before it is made; a call that is known already stays as it is. */
export async function recordHookCall(db: Db, rollout: string, step: number, at: Date): Promise<void> {
  await db
    .insertInto("hook_calls")
    .values({ rollout_id: rollout, step, status: "running", started_at: at, finished_at: null })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** The first answer counts: a later one, of a repeated call, changes nothing. */
export async function finishHookCall(
  db: Db,
  rollout: string,
  step: number,
  result: { status: "succeeded" | "failed"; message: string },
  at: Date,
): Promise<void> {
  await db
    .updateTable("hook_calls")
    .set({ status: result.status, message: storableText(result.message), finished_at: at })
    .where("rollout_id", "=", rollout)
    .where("step", "=", step)
    .where("status", "=", "running")
    .execute();
}
