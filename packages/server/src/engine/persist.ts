import { type Instant, isTerminal, same } from "@sluice/core";
import type { Kysely } from "kysely";
import { appendAudit } from "../audit/audit.store.ts";
import type { Db } from "../db/database.ts";
import type { Database } from "../db/schema.ts";
import { type DesiredWorkload, deleteWorkload } from "../deployment/workload.store.ts";
import { appendEvents } from "../event/event.store.ts";
import { type StoredRollout, saveRollout } from "../rollout/rollout.store.ts";
import type { DesiredTraffic } from "../routing/route.store.ts";
import { ACTIVITY_OF, beginActivity, type StoredActivity } from "./activity/activity.store.ts";
import type { Crash } from "./crash.ts";
import type { Decision } from "./decide.ts";
import { writeDesired } from "./desired.store.ts";
import { recordHookCall } from "./hook.store.ts";
import type { Loaded } from "./load.ts";
import type { Observation } from "./observe.ts";
import { wakeDeployment } from "./wake.ts";

/**
 * Writes a decision in one transaction: rollouts (each fenced by its row version), desired instances and traffic (fenced
 * by the deployment's fence, which grows), events, audit, the next wake. Answers the state that is on disk now.
 * Where another look follows at once no wake is written: the job that runs is one, and it is freed when its runner dies.
 * Throws `aborted` when anything it was decided on has been changed by someone else; then nothing is written.
 */
export async function persist(
  db: Kysely<Database>,
  loaded: Loaded,
  observed: Observation,
  decision: Decision,
  now: Instant,
  crash: Crash,
): Promise<Loaded> {
  const { deployment } = loaded;
  const workloads = wantedWorkloads(loaded, decision);
  const changed = workloads.filter((workload) => !holds(loaded.workloads, workload));
  const gone = workloads.filter((workload) => isGone(workload, observed));
  const traffic = changedTraffic(loaded, decision);
  const moves = changed.length > 0 || traffic !== null;
  const wakeAt = newWake(loaded, decision);
  const silent =
    !moves && gone.length === 0 && decision.rollouts.length === 0 && decision.events.length === 0 && !decision.forget;
  if (silent && decision.hooks.length === 0 && decision.begin === null && decision.stable === null) {
    if (wakeAt !== null) await wakeDeployment(db, deployment.id, new Date(wakeAt));
    return { ...loaded, wakeAt: wakeAt ?? loaded.wakeAt };
  }
  crash("before-persist");
  if (decision.rollouts.some(({ next }) => next.phase === "completed")) crash("before-completion");
  const fence = await db.transaction().execute(async (tx) => {
    const token = moves
      ? await writeDesired(tx, deployment.id, deployment.fence, { workloads: changed, traffic }, new Date(now))
      : deployment.fence;
    // The deployment before its rollouts, as everybody who locks both does.
    if (decision.stable !== null) await declareStable(tx, deployment.id, decision.stable, now);
    for (const { stored, next } of decision.rollouts) await saveRollout(tx, next, stored.rowVersion);
    for (const { revision } of gone) await deleteWorkload(tx, deployment.id, revision);
    crash("inside-persist");
    const [head] = loaded.rollouts;
    if (head !== undefined) {
      for (const { step } of decision.hooks) await recordHookCall(tx, head.rollout.id, step, new Date(now));
      if (decision.begin !== null) await beginActivity(tx, head.rollout.id, decision.begin, new Date(now));
    }
    await report(tx, loaded, decision, now);
    if (deployment.parent !== null && (decision.rollouts.length > 0 || decision.forget)) {
      await wakeDeployment(tx, deployment.parent);
    }
    if (decision.forget) await tx.deleteFrom("deployments").where("id", "=", deployment.id).execute();
    else if (wakeAt !== null) await wakeDeployment(tx, deployment.id, new Date(wakeAt));
    await audit(tx, loaded, decision, now);
    return token;
  });
  crash("after-persist");
  const rollouts = loaded.rollouts
    .map((stored) => {
      const saved = decision.rollouts.find((change) => change.stored === stored);
      return saved === undefined ? stored : { rollout: saved.next, rowVersion: stored.rowVersion + 1 };
    })
    .filter(({ rollout }) => !isTerminal(rollout.phase));
  return {
    ...loaded,
    deployment: { ...deployment, fence, stableRevision: decision.stable ?? deployment.stableRevision },
    rollouts,
    activity: activityAfter(loaded, rollouts[0], decision, now),
    hooks: [...loaded.hooks, ...decision.hooks.map(({ step }) => ({ step, status: "running" as const, message: "" }))],
    workloads: workloads.filter((workload) => !gone.includes(workload)),
    route:
      loaded.route === null || traffic === null ? loaded.route : { ...loaded.route, desired: traffic, epoch: fence },
    wakeAt: wakeAt ?? loaded.wakeAt,
  };
}

/** The long work of the phase that the head is in now. A phase that was just entered has none. */
function activityAfter(
  { activity, rollouts }: Loaded,
  head: StoredRollout | undefined,
  { begin }: Decision,
  now: Instant,
): StoredActivity | null {
  const kept = head !== undefined && head.rollout.id === rollouts[0]?.rollout.id && activity !== null;
  const known = kept && ACTIVITY_OF[head.rollout.phase] === activity.kind ? activity : null;
  if (begin === null) return known;
  const begun = { ...begin, status: "running" as const, startedAt: now, finishedAt: null, stale: false };
  const attempt = (known?.attempt ?? -1) + 1;
  if (known?.demand !== begin.demand) return { ...begun, attempt, unfinished: 0, result: null };
  return { ...begun, attempt, unfinished: known.unfinished, result: known.result };
}

/** The wake to write; null when none is needed, or the very same one is pending. */
const newWake = (loaded: Loaded, { again, wakeAt }: Decision): Instant | null =>
  again || wakeAt === loaded.wakeAt ? null : wakeAt;

/** The rows as they should be: what was there, as the decision changes it. */
function wantedWorkloads(loaded: Loaded, decision: Decision): DesiredWorkload[] {
  const wanted = new Map(loaded.workloads.map((workload) => [workload.revision, workload]));
  for (const { revision, replicas } of decision.instances) {
    // A revision that nobody ever wanted needs no row that says so.
    if (replicas === 0 && !wanted.has(revision)) continue;
    wanted.set(revision, { revision, replicas, retireAt: null });
  }
  for (const { revision, at } of decision.retire) {
    const kept = wanted.get(revision);
    if (kept !== undefined) wanted.set(revision, { ...kept, retireAt: at });
  }
  return [...wanted.values()];
}

const holds = (rows: readonly DesiredWorkload[], wanted: DesiredWorkload): boolean =>
  rows.some(
    (row) => row.revision === wanted.revision && row.replicas === wanted.replicas && row.retireAt === wanted.retireAt,
  );

/** Wanted gone, and the runtime knows nothing of it any more. */
const isGone = (workload: DesiredWorkload, observed: Observation): boolean =>
  workload.replicas === 0 && observed.statuses.every((status) => status.revision !== workload.revision);

function changedTraffic({ route }: Loaded, { traffic }: Decision): DesiredTraffic | null {
  if (route === null || traffic === null) return null;
  return same(route.desired, traffic) ? null : traffic;
}

async function declareStable(db: Db, deployment: string, revision: number, now: Instant): Promise<void> {
  await db
    .updateTable("deployments")
    .set({ stable_revision: revision, updated_at: new Date(now) })
    .where("id", "=", deployment)
    .execute();
}

async function report(db: Db, { deployment }: Loaded, { events, forget }: Decision, now: Instant): Promise<void> {
  const common = { project: deployment.project, deployment: deployment.id, at: new Date(now) };
  const { name, environment } = deployment;
  const removed = {
    ...{ rollout: null, type: "deployment.removed", alert: false },
    message: `deployment ${name} in ${environment} is gone, with all that it had`,
    data: { name, environment },
  };
  const told = forget ? [...events, removed] : events;
  await appendEvents(
    db,
    told.map((event) => ({ ...event, ...common })),
  );
}

/** What the engine decided on its own goes into the audit chain: phases that it entered, and what it forgot. */
async function audit(db: Db, { deployment }: Loaded, decision: Decision, now: Instant): Promise<void> {
  const common = { project: deployment.project, actor: "engine", at: new Date(now) };
  for (const { stored, next } of decision.rollouts) {
    const from = stored.rollout.phase;
    if (from === next.phase) continue;
    const detail = {
      deployment: deployment.id,
      from,
      to: next.phase,
      reason: isTerminal(next.phase) ? next.reason : null,
    };
    await appendAudit(db, { ...common, action: "rollout.enter", subject: next.id, detail });
  }
  if (decision.forget) {
    const detail = { name: deployment.name, environment: deployment.environment };
    await appendAudit(db, { ...common, action: "deployment.remove", subject: deployment.id, detail });
  }
}
