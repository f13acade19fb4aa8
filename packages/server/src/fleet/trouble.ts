import { SluiceError, same } from "@sluice/core";
import { type Kysely, sql } from "kysely";
import type { Database } from "../db/schema.ts";
import type { Loaded } from "../engine/load.ts";
import type { Observation } from "../engine/observe.ts";
import { wakeDeployment } from "../engine/wake.ts";
import type { Trouble } from "./loaded.members.ts";

/** Tells the whole what one of its members is in, when that is news. Of all other deployments there is nobody to tell. */
export async function noteTrouble(db: Kysely<Database>, loaded: Loaded, trouble: Trouble | null): Promise<void> {
  const { id, parent, trouble: known } = loaded.deployment;
  if (parent === null || same(known, trouble)) return;
  await db.transaction().execute(async (tx) => {
    const value = trouble === null ? null : JSON.stringify(trouble);
    const { numUpdatedRows } = await tx
      .updateTable("deployments")
      .set({ trouble: value })
      .where("id", "=", id)
      .where(sql<boolean>`trouble is distinct from ${value}::jsonb`)
      .executeTakeFirstOrThrow();
    if (numUpdatedRows === 1n) await wakeDeployment(tx, parent);
  });
}

/** What a look at a member has shown: the instances of what serves there may fail while nothing is delivered. */
export function troubleSeen({ deployment, rollouts }: Loaded, { statuses }: Observation): Trouble | null {
  const serving = statuses.find(({ revision }) => revision === deployment.stableRevision);
  if (rollouts.length > 0 || serving?.verdict !== "failed") return null;
  return { kind: "failing", reason: serving.reason ?? `instances of revision ${serving.revision} fail` };
}

/** Why a look could not be taken; null when it was about nothing that a target is in. */
export const troubleOf = (error: unknown): Trouble | null =>
  error instanceof SluiceError && error.code !== "aborted" && error.code !== "internal"
    ? { kind: "unreachable", reason: error.message }
    : null;
