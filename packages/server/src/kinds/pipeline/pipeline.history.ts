import type { Db } from "../../db/database.ts";
import { revisionsAt } from "../../revision/revision.store.ts";
import { listRollouts } from "../../rollout/rollout.store.ts";
import type { HistoryEntry } from "./pipeline.schema.ts";
import { historyEntry } from "./pipeline.view.ts";

/** Changes that are told of. */
const MOST = 200;

/** What was done to a deployment, newest first: every rollout with what it was to bring. */
export async function pipelineHistory(db: Db, project: string, deployment: string): Promise<HistoryEntry[]> {
  const rollouts = (await listRollouts(db, { project, deployment, limit: MOST })).map(({ rollout }) => rollout);
  const numbers = [...new Set(rollouts.map(({ toRevision }) => toRevision))];
  const revisions = (
    await revisionsAt(
      db,
      numbers.map((number) => ({ deployment, number })),
    )
  ).get(deployment);
  return rollouts.map((rollout) => {
    const revision = revisions?.get(rollout.toRevision);
    const { version = rollout.toVersion, config } = revision ?? {};
    return historyEntry(rollout, { version, parameters: config?.parameters ?? {} });
  });
}
