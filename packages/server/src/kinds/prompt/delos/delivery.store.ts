import { type Rollout, SluiceError } from "@sluice/core";
import { sql } from "kysely";
import type { Principal } from "../../../access/principal.ts";
import type { Db } from "../../../db/database.ts";

/** What a call said of a deployment beyond what its rollout has. */
export interface Delivery {
  skipApproval: boolean;
  metadata: Record<string, string>;
}

/** Of a rollout that was begun elsewhere. */
const NOTHING_SAID: Delivery = { skipApproval: false, metadata: {} };

export async function insertDelivery(db: Db, rollout: string, { skipApproval, metadata }: Delivery): Promise<void> {
  await db
    .insertInto("prompt_deliveries")
    .values({ rollout_id: rollout, skip_approval: skipApproval, metadata: JSON.stringify(metadata) })
    .execute();
}

/** Everything that is shown of rollouts and is not in them, by their ids. */
export interface Beside {
  delivery(rollout: string): Delivery;
  /** The rollout that reversed this one. */
  reversedBy(rollout: string): string | null;
}

export async function besides(db: Db, rollouts: readonly Rollout[]): Promise<Beside> {
  const ids = rollouts.map(({ id }) => id);
  if (ids.length === 0) return { delivery: () => NOTHING_SAID, reversedBy: () => null };
  const rows = await db.selectFrom("prompt_deliveries").selectAll().where("rollout_id", "in", ids).execute();
  const reverses = await db
    .selectFrom("rollouts")
    .select(["id", sql<string>`state ->> 'rollbackOf'`.as("of")])
    .where("deployment_id", "in", [...new Set(rollouts.map(({ deployment }) => deployment))])
    .where(sql<string>`state ->> 'rollbackOf'`, "in", ids)
    .execute();
  const said = new Map(
    rows.map((row) => [row.rollout_id, { skipApproval: row.skip_approval, metadata: row.metadata }]),
  );
  const reversed = new Map(reverses.map(({ id, of }) => [of, id]));
  return {
    delivery: (rollout) => said.get(rollout) ?? NOTHING_SAID,
    reversedBy: (rollout) => reversed.get(rollout) ?? null,
  };
}

/** Throws `not_found` unless the id is a prompt's rollout in a project that the principal may know of. */
export async function requirePromptRollout(db: Db, principal: Principal, id: string): Promise<void> {
  const row = await db
    .selectFrom("rollouts as r")
    .innerJoin("deployments as d", "d.id", "r.deployment_id")
    .innerJoin("artifacts as a", "a.id", "d.artifact_id")
    .select(["r.project", "a.kind"])
    .where("r.id", "=", id)
    .executeTakeFirst();
  const known = row?.kind === "prompt" && (principal.project === null || principal.project === row.project);
  if (!known) throw new SluiceError("not_found", `deployment ${id} does not exist`);
}
