import { rm, stat } from "node:fs/promises";
import {
  type ActOutcome,
  type AgentRollback,
  type AgentRollbackAct,
  configSchema,
  type InstanceStatus,
  type Instant,
  isTerminal,
  type Rollout,
  toIso,
  weightOf,
} from "@sluice/core";
import type { Kysely } from "kysely";
import type { Db } from "../../db/database.ts";
import type { Database } from "../../db/schema.ts";
import { findDeployment } from "../../deployment/deployment.store.ts";
import type { Live } from "../../engine/live.ts";
import { wakeDeployment } from "../../engine/wake.ts";
import { findRevision } from "../../revision/revision.store.ts";
import { activeRollouts, findRollout } from "../../rollout/rollout.store.ts";
import { reverseOf } from "./agent.store.ts";
import { ignoreMissing, readManifest } from "./data.copy.ts";
import { type AgentFolders, agentFolders } from "./data.folders.ts";
import { restoreData } from "./data.restore.ts";
import { takeBackup } from "./data.snapshot.ts";
import { healthOf } from "./instance.health.ts";
import { rollbacksAtTargets } from "./rollback.store.ts";
import { actAtTargets } from "./rollback.targets.ts";

export interface ActDeps {
  db: Kysely<Database>;
  live: Live;
  dataDir: string;
  now: () => Instant;
}

const done = (message: string): ActOutcome => ({ result: "done", message });
const skipped = (message: string): ActOutcome => ({ result: "skipped", message });
const waiting = (message: string): ActOutcome => ({ result: "waiting", message });

type Act = (deps: ActDeps, rollback: AgentRollback, folders: AgentFolders) => Promise<ActOutcome>;

/** What each act does. All may be repeated: a server that dies in one of them does it again. */
const ACTS: Readonly<Record<AgentRollbackAct, Act>> = {
  backup,
  stop_instance: stopInstance,
  deregister,
  restore_previous_version: restorePrevious,
  clean_up: cleanUp,
  validate,
  // Both are written together with what the rollback itself says: see the worker.
  update_records: async (_, { rollout }) => done(`the audit log has what became of ${rollout}`),
  notify: async () => done("an event tells whoever listens"),
};

/** One attempt. Whatever goes wrong is a failure with its reason. */
export async function perform(deps: ActDeps, rollback: AgentRollback, act: AgentRollbackAct): Promise<ActOutcome> {
  try {
    const deployment = await findDeployment(deps.db, rollback.deployment);
    if (deployment !== null && deployment.fleet !== null) {
      return actAtTargets(await rollbacksAtTargets(deps.db, rollback.rollout), act);
    }
    return await ACTS[act](deps, rollback, agentFolders(deps.dataDir, rollback.deployment));
  } catch (error) {
    return { result: "failed", message: error instanceof Error ? error.message : String(error) };
  }
}

async function backup({ now }: ActDeps, rollback: AgentRollback, folders: AgentFolders): Promise<ActOutcome> {
  if (!rollback.options.backupBeforeRollback) return skipped("no backup is asked for");
  if ((await stat(folders.data).catch(ignoreMissing)) === null) return skipped("the agent has no data folder");
  const { agent, deployment, id, reason } = rollback;
  const about = { agent, deployment, reason: `before ${id}: ${reason}`, createdAt: toIso(now()) };
  const { files, bytes, digest } = await takeBackup(folders, id, about);
  return done(`${files.length} entries with ${bytes} bytes in ${folders.backup(id)}, ${digest}`);
}

/** Traffic has to be where it belongs before the instances go: the rollout sees to both, and here it is waited for. */
async function stopInstance(
  { db, live }: ActDeps,
  { rollout, deployment, revision }: AgentRollback,
): Promise<ActOutcome> {
  const taken = await findRollout(db, rollout);
  if (taken !== null && !isTerminal(taken.rollout.phase)) return waiting("traffic goes back to the version before");
  const reverse = await reverseOf(db, rollout, taken?.rollout.partOf ?? null);
  if (reverse !== null && !isTerminal(reverse.phase)) return waiting("the version before takes over");
  const active = await activeRollouts(db, deployment);
  if (active.some(({ rollout: one }) => one.toRevision === revision)) {
    return skipped(`revision ${revision} is being deployed again`);
  }
  const stored = await findDeployment(db, deployment);
  if (stored?.stableRevision === revision && !stored.stopped && !stored.deleting) {
    if (await wholeTurnsBack(db, taken?.rollout ?? null)) return waiting("this target has yet to go back");
    if (reverse === null || reverse.phase === "completed") return skipped(`revision ${revision} serves again`);
    throw new Error(`the way back (rollout ${reverse.id}) is ${reverse.phase}: ${reverse.reason}`);
  }
  // Kept warm after it served, for a quick return: not one that was taken back.
  const retired = await db
    .updateTable("workloads")
    .set({ retire_at: new Date(0) })
    .where("deployment_id", "=", deployment)
    .where("revision", "=", revision)
    .where("retire_at", ">", new Date(0))
    .executeTakeFirst();
  if (retired.numUpdatedRows > 0n) await wakeDeployment(db, deployment);
  const running = await instancesOf(live, deployment, revision);
  if (running.length > 0) return waiting(`${running.length} instances of revision ${revision} still run`);
  return done(`no instance of revision ${revision} runs any more`);
}

/** Whether what is delivered here is part of a delivery that goes back at every target, this one too. */
async function wholeTurnsBack(db: Db, taken: Rollout | null): Promise<boolean> {
  const whole = taken === null || taken.partOf === null ? null : await findRollout(db, taken.partOf);
  return whole !== null && whole.rollout.phase === "rolling_back";
}

async function deregister({ db, live }: ActDeps, { deployment, revision }: AgentRollback): Promise<ActOutcome> {
  if (!live.gatewayConnected()) return waiting("no gateway answers at this moment");
  const route = live.route(deployment);
  if (route === null) return done("the gateway has no route for it");
  if ((await findDeployment(db, deployment))?.stopped === true) return done("the gateway has no instance to send to");
  if (weightOf(route.split, revision) > 0) return waiting(`the gateway still sends traffic to revision ${revision}`);
  return done(`the gateway sends nothing to revision ${revision}`);
}

async function restorePrevious({ db, live }: ActDeps, { deployment, previous }: AgentRollback): Promise<ActOutcome> {
  if (previous === null) return skipped("there was no version before");
  const stored = await findDeployment(db, deployment);
  const stable = stored?.stableRevision ?? null;
  if (stored === null || stable === null) return waiting("no version serves yet");
  if (stored.stopped) return skipped("the deployment was stopped");
  const ready = (await instancesOf(live, deployment, stable)).filter(({ state }) => state === "ready");
  if (ready.length === 0) return waiting(`revision ${stable} has no ready instance yet`);
  const newer = stable === previous ? "" : `, which was deployed after revision ${previous}`;
  return done(`revision ${stable} serves with ${ready.length} ready instances${newer}`);
}

async function cleanUp(deps: ActDeps, rollback: AgentRollback, folders: AgentFolders): Promise<ActOutcome> {
  const { revision, options } = rollback;
  const told: string[] = [];
  if (!options.preserveData) {
    const inTheWay = await foreignInstances(deps.live, rollback);
    if (inTheWay > 0) return waiting(`${inTheWay} instances of a newer deployment use the data`);
    told.push(await restore(deps, rollback, folders));
  } else told.push("the data is kept");
  if (options.cleanupResources) {
    await rm(folders.temporary(revision), { recursive: true, force: true });
    told.push(`the temporary files of revision ${revision} are gone`);
  } else told.push(`the temporary files of revision ${revision} are kept`);
  return done(told.join("; "));
}

async function restore(
  { db, live }: ActDeps,
  { id, rollout, deployment, previous }: AgentRollback,
  folders: AgentFolders,
): Promise<string> {
  const snapshot = folders.snapshot(rollout);
  if ((await readManifest(snapshot)) === null) {
    const taken = await findRollout(db, rollout);
    if (taken?.rollout.phase === "cancelled" && taken.rollout.returningTo === null) {
      return "the version wrote nothing: none of its instances ever began";
    }
    throw new Error(`there is no snapshot of the data before ${rollout}: only the last ones are kept`);
  }
  const manifest = await restoreData(folders, snapshot, id);
  const stored = await findDeployment(db, deployment);
  // Programs hold files open, and remember what they read: only fresh ones see what is there now.
  const running = previous === null ? [] : await instancesOf(live, deployment, previous);
  if (stored !== null && previous !== null && running.length > 0) {
    await live.restart({ deployment, revision: previous, fence: stored.fence });
  }
  const restarted = running.length > 0 ? ", and the instances that serve are being restarted on it" : "";
  return `the data is as it was before ${rollout} (${manifest?.files.length ?? 0} entries, ${manifest?.digest ?? ""})${restarted}`;
}

/** Asks the version that serves again itself, past the gateway. */
async function validate({ db, live }: ActDeps, { deployment, revision, previous }: AgentRollback): Promise<ActOutcome> {
  const stored = await findDeployment(db, deployment);
  const stable = stored?.stableRevision ?? null;
  if (previous === null || stored === null || stable === null || stored.stopped) {
    const left = stable === revision && stored?.stopped !== true ? [] : await instancesOf(live, deployment, revision);
    return left.length === 0
      ? done("nothing of the version runs, and there is none before it")
      : waiting("it still runs");
  }
  const found = await findRevision(db, deployment, stable);
  const { path, timeoutSeconds } = configSchema.parse(found?.config ?? {}).healthCheck;
  const ready = (await instancesOf(live, deployment, stable)).filter(({ state }) => state === "ready");
  if (ready.length === 0) return waiting(`revision ${stable} has no ready instance yet`);
  const health = await Promise.all(ready.map((instance) => healthOf(instance, path, timeoutSeconds)));
  const ill = health.filter(({ well }) => !well);
  if (ill.length > 0) return waiting(ill.map(({ seen }) => seen).join("; "));
  return done(`${ready.length} instances of revision ${stable} are well: ${health[0]?.seen}`);
}

async function instancesOf(live: Live, deployment: string, revision: number): Promise<InstanceStatus[]> {
  const statuses = await live.observe(deployment);
  return statuses.filter((status) => status.revision === revision).flatMap((status) => status.instances);
}

/** Instances that are neither of the version that goes nor of the one that comes back. */
async function foreignInstances(live: Live, { deployment, revision, previous }: AgentRollback): Promise<number> {
  const statuses = await live.observe(deployment);
  return statuses
    .filter((status) => status.revision !== revision && status.revision !== previous && status.desired > 0)
    .reduce((sum, { instances }) => sum + instances.length, 0);
}
