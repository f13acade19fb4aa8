import { type Instant, type Rollout, reviveRollout, toIso } from "@sluice/core";
import { sql } from "kysely";
import type { Db } from "../../db/database.ts";
import { desiredWorkloads } from "../../deployment/workload.store.ts";
import type { Made, Make, MakingDeps } from "../making.ts";
import { readManifest } from "./data.copy.ts";
import { type AgentFolders, agentFolders } from "./data.folders.ts";
import { forgetTemporary, makeAgentFolders, takeSnapshot } from "./data.snapshot.ts";
import { isBeingRolledBack } from "./rollback.store.ts";

/**
 * Makes a program of an agent's version: the program as registered, told where its data and its temporary files belong. Before the
 * first instance of a candidate begins, a snapshot of the data is taken; until it is there the answer is null. A candidate also
 * waits while the version before it is still being taken back, for that may put the data back.
 */
export function createAgentMaking(
  { db, config, logger, changed, now = Date.now }: MakingDeps & { now?: () => Instant },
  asRegistered: Make,
): Make {
  /** Snapshots on their way, by rollout. */
  const taking = new Set<string>();
  const failed = new Map<string, unknown>();

  const snapshot = (made: Made, rollout: Rollout, folders: AgentFolders): void => {
    const { deployment, name: agent } = made;
    const reason = `before version ${rollout.toVersion} (rollout ${rollout.id})`;
    const about = { agent, deployment, reason, createdAt: toIso(now()) };
    taking.add(rollout.id);
    void forgetTemporaryOf(db, made, folders)
      .then(() => snapshotsInUse(db, deployment))
      .then((inUse) => takeSnapshot(folders, rollout.id, about, inUse))
      .then(
        ({ bytes }) => logger.debug({ deployment, rollout: rollout.id, bytes }, "an agent's data was copied"),
        (error: unknown) => failed.set(rollout.id, error),
      )
      .finally(() => {
        taking.delete(rollout.id);
        changed(deployment);
      });
  };

  return async (made) => {
    const { deployment, revision, config: asked } = made;
    const program = await asRegistered(made);
    if (program === null) return null;
    const tasks = asked.parameters.concurrent_tasks;
    const told = { ...(typeof tasks === "number" && { SLUICE_CONCURRENT_TASKS: String(tasks) }) };
    // Folders of this machine mean nothing elsewhere: there an agent keeps its data where its image says.
    if (made.target.type !== "process") return { ...program, env: { ...program.env, ...told } };
    const folders = agentFolders(config.dataDir, deployment);
    await makeAgentFolders(folders, revision);
    const rollout = await beginningRollout(db, deployment, revision);
    if (rollout !== null) {
      if (taking.has(rollout.id) || (await isBeingRolledBack(db, deployment))) return null;
      if ((await readManifest(folders.snapshot(rollout.id))) === null) {
        const error = failed.get(rollout.id);
        failed.delete(rollout.id);
        // Told once, and tried again when the engine looks again: without its snapshot a candidate does not begin.
        if (error !== undefined) throw error;
        snapshot(made, rollout, folders);
        return null;
      }
    }
    const own = { TMPDIR: folders.temporary(revision), ...program.env };
    return { ...program, env: { ...own, SLUICE_DATA_FOLDER: folders.data, ...told } };
  };
}

async function forgetTemporaryOf(db: Db, { deployment, revision }: Made, folders: AgentFolders): Promise<void> {
  const running = (await desiredWorkloads(db, deployment)).filter(({ replicas }) => replicas > 0);
  await forgetTemporary(folders, [revision, ...running.map((workload) => workload.revision)]);
}

/** The delivery whose candidate this revision is and whose first instance has yet to begin; null when there is none. */
async function beginningRollout(db: Db, deployment: string, revision: number): Promise<Rollout | null> {
  const row = await db
    .selectFrom("rollouts")
    .select("state")
    .where("deployment_id", "=", deployment)
    .where("active", "=", true)
    .orderBy("id")
    .limit(1)
    .executeTakeFirst();
  if (row === undefined) return null;
  const rollout = reviveRollout(row.state);
  const isCandidate = rollout.toRevision === revision && rollout.fromRevision !== revision;
  return isCandidate && rollout.phase === "preparing" && rollout.rollbackOf === null ? rollout : null;
}

/** Rollouts that could still be taken back: what serves can be, also when many tried to follow it and failed. */
async function snapshotsInUse(db: Db, deployment: string): Promise<string[]> {
  const rows = await db
    .selectFrom("rollouts")
    .innerJoin("deployments", "deployments.id", "rollouts.deployment_id")
    .select("rollouts.id")
    .where("deployment_id", "=", deployment)
    .where(sql<boolean>`(active or (phase = 'completed' and (state ->> 'toRevision')::integer = stable_revision))`)
    .execute();
  return rows.map(({ id }) => id);
}
