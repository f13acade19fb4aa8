import type { Db } from "../db/database.ts";

/** Desired instances of one revision. `replicas` 0: remove them. `retireAt`: keep them warm until then, then remove. */
export interface DesiredWorkload {
  revision: number;
  replicas: number;
  retireAt: number | null;
}

/** Every revision of the deployment that has, or must lose, instances; by revision. */
export async function desiredWorkloads(db: Db, deployment: string): Promise<DesiredWorkload[]> {
  const rows = await db
    .selectFrom("workloads")
    .select(["revision", "replicas", "retire_at"])
    .where("deployment_id", "=", deployment)
    .orderBy("revision")
    .execute();
  return rows.map((row) => ({
    revision: row.revision,
    replicas: row.replicas,
    retireAt: row.retire_at === null ? null : row.retire_at.getTime(),
  }));
}

/** Forgets a revision whose instances are gone. */
export async function deleteWorkload(db: Db, deployment: string, revision: number): Promise<void> {
  await db.deleteFrom("workloads").where("deployment_id", "=", deployment).where("revision", "=", revision).execute();
}
