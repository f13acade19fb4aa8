import { SluiceError } from "@sluice/core";
import { sql } from "kysely";
import type { Db } from "../db/database.ts";
import type { DesiredWorkload } from "../deployment/workload.store.ts";
import type { DesiredTraffic } from "../routing/route.store.ts";

/** What changes of the deployment's desired state; `traffic` null: nothing of the route. */
export interface DesiredChange {
  workloads: readonly DesiredWorkload[];
  traffic: DesiredTraffic | null;
}

/**
 * Writes desired instances and traffic under the deployment's next fence, which is the answer and the route's new epoch. In one
 * statement, as every round trip of the engine counts. Throws `aborted`, and nothing is written, when the deployment's fence
 * is not `fence` any more.
 */
export async function writeDesired(
  db: Db,
  deployment: string,
  fence: number,
  { workloads, traffic }: DesiredChange,
  at: Date,
): Promise<number> {
  const { rows } = await sql<{ fence: number }>`
    with raised as (
      update deployments set fence = fence + 1, updated_at = ${at}
      where id = ${deployment} and fence = ${fence}
      returning id, fence
    ), routed as (
      update routes set desired = ${JSON.stringify(traffic)}::jsonb, epoch = raised.fence
      from raised
      where routes.deployment_id = raised.id and ${traffic !== null}::boolean
    ), wanted as (
      insert into workloads (deployment_id, revision, replicas, retire_at)
      select raised.id, change.revision, change.replicas, change.retire_at
      from raised, jsonb_to_recordset(${JSON.stringify(workloads.map(rowOf))}::jsonb)
        as change (revision integer, replicas integer, retire_at timestamptz)
      on conflict (deployment_id, revision)
        do update set replicas = excluded.replicas, retire_at = excluded.retire_at
    )
    select fence from raised`.execute(db);
  const [raised] = rows;
  if (raised === undefined) {
    throw new SluiceError("aborted", `deployment ${deployment} was changed by someone else; look again`);
  }
  return raised.fence;
}

const rowOf = ({ revision, replicas, retireAt }: DesiredWorkload) => ({
  revision,
  replicas,
  retire_at: retireAt === null ? null : new Date(retireAt),
});
