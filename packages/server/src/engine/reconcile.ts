import {
  cpuCores,
  type DeploymentConfig,
  type Instant,
  memoryMb,
  type Phase,
  type Rollout,
  type Runtime,
  SluiceError,
  type WorkloadStatus,
} from "@sluice/core";
import { type Kysely, sql } from "kysely";
import type { Logger } from "pino";
import type { Database } from "../db/schema.ts";
import { goalReport } from "../goal/goal.report.ts";
import type { GatewayLink } from "../routing/gateway.types.ts";
import { checksFound } from "./activity/activity.facts.ts";
import { checksTakeLong } from "./activity/checks.long.ts";
import { type Appliers, apply } from "./apply.ts";
import { type CheckEnvironment, runChecks } from "./checks.ts";
import { type Decision, decideRollouts } from "./decide.ts";
import type { Hints, Watch } from "./hints.ts";
import { decideResting } from "./keep.ts";
import { type Loaded, load } from "./load.ts";
import { hasInstances, instancesWanted, type Observation } from "./observe.ts";
import { persist } from "./persist.ts";
import { type Runtimes, runtimeOf } from "./runtime.choice.ts";
import type { Followed, UsageWatch } from "./usage.watch.ts";

export interface ReconcilerDeps extends Appliers {
  db: Kysely<Database>;
  link: GatewayLink;
  hints: Hints;
  runtimes: Runtimes;
  usage: UsageWatch;
  checks: CheckEnvironment;
  maxActiveRollouts: number;
  now: () => Instant;
  logger: Logger;
}

export interface Reconciled {
  /** When to look again; null when only a change in the world matters. */
  wakeAt: Instant | null;
}

/** One reconcile looks at most so often; then others have their turn, and this deployment is woken again. */
const MAX_ROUNDS = 12;

/**
 * The reconcile of one deployment: load → observe → decide → persist → apply, again while that
 * changes something, or while the world does.
 * Level-triggered: it compares what is on disk with what is there, so it may be killed anywhere and repeated at any time.
 * Throws `aborted` when somebody else changed the deployment meanwhile; nothing was written then, and looking again helps.
 */
export function createReconciler(deps: ReconcilerDeps): (deployment: string) => Promise<Reconciled> {
  const { db, hints, now, crash } = deps;

  const reconcile = async (id: string, watch: Watch): Promise<Reconciled> => {
    let loaded = await load(db, id);
    if (loaded === null) return removeLeftovers(deps, id);
    crash("after-load");
    const runtime = runtimeOf(deps.runtimes, loaded);
    for (let round = 1; ; round += 1) {
      watch.news();
      const observed = await observe(deps, loaded, runtime);
      crash("after-observe");
      const decision = decide(loaded, observed, now());
      const written = await persist(db, loaded, observed, decision, now(), crash);
      if (decision.forget) return removeLeftovers(deps, id);
      const applied = await apply(written, observed, runtime, deps);
      if (!decision.again && !applied && !watch.news()) return { wakeAt: decision.wakeAt };
      // What was written is what is there: were it not, the next write would be refused. Answers of hooks bring a wake.
      loaded = written;
      if (round === MAX_ROUNDS) return { wakeAt: now() };
    }
  };

  return async (id) => {
    const watch = hints.watch(id);
    try {
      return await reconcile(id, watch);
    } finally {
      watch.end();
    }
  };
}

const decide = (loaded: Loaded, observed: Observation, now: Instant): Decision =>
  loaded.rollouts.length > 0 ? decideRollouts(loaded, observed, now) : decideResting(loaded, observed, now);

async function observe(deps: ReconcilerDeps, loaded: Loaded, runtime: Runtime | null): Promise<Observation> {
  const { deployment, rollouts, environment } = loaded;
  const head = rollouts[0]?.rollout;
  const pretends = runtime === null && !hasInstances(deployment.kind, environment.targets[0]?.type ?? "none");
  const statuses: WorkloadStatus[] =
    runtime !== null ? await instancesOf(deps, loaded, runtime) : pretends ? instancesWanted(loaded) : [];
  const route = deps.link.route(deployment.id);
  return {
    statuses,
    route,
    gatewayFresh: deps.link.connected(deployment.id),
    slotFree: head?.phase !== "queued" || (await slotIsFree(deps)),
    validations: head?.phase === "validating" ? await validationsOf(deps, head, loaded) : null,
    exhausted: usageOf(deps.usage, loaded, runtime),
    goal: head === undefined ? null : await goalReport(deps.db, head, route, deps.now()),
  };
}

/** What the runtime sees, and what will never come to be there. */
async function instancesOf({ unmade }: ReconcilerDeps, loaded: Loaded, runtime: Runtime): Promise<WorkloadStatus[]> {
  const observed = await runtime.observe(loaded.deployment.id);
  return [...observed, ...unmade.among(loaded, observed)];
}

/** Checks that take no time are run on the spot, the others beside the reconciles. */
const validationsOf = async (
  deps: ReconcilerDeps,
  rollout: Rollout,
  loaded: Loaded,
): Promise<Observation["validations"]> =>
  checksTakeLong(loaded) ? checksFound(rollout, loaded) : runChecks(deps.db, deps.checks, loaded, deps.now);

/** Phases in which the candidate has instances that the rollout answers for. */
const HAS_INSTANCES: readonly Phase[] = ["preparing", "testing", "shifting", "monitoring"];

function usageOf(usage: UsageWatch, { deployment, rollouts, revisions }: Loaded, runtime: Runtime | null) {
  const head = rollouts[0]?.rollout;
  const limits = head === undefined ? null : limitsOf(revisions.get(head.toRevision)?.config);
  if (head === undefined || limits === null || runtime === null || !HAS_INSTANCES.includes(head.phase)) {
    usage.forget(deployment.id);
    return null;
  }
  // A load test is there to take the processor to its limit; memory it may not break.
  const watched = isUnderLoad(head) ? { ...limits, cpuCores: null } : limits;
  usage.follow({ deployment: deployment.id, revision: head.toRevision, limits: watched, runtime });
  return usage.exhausted(deployment.id);
}

const isUnderLoad = ({ phase, strategy: { tests } }: Rollout): boolean =>
  phase === "testing" && (tests?.loadTest === true || tests?.performanceTest === true);

/** Null when there is no limit to break. */
function limitsOf(config: DeploymentConfig | undefined): Followed["limits"] | null {
  const { memory, cpu } = config?.resources.limits ?? {};
  if (memory === undefined && cpu === undefined) return null;
  return {
    memoryMb: memory === undefined ? null : memoryMb(memory),
    cpuCores: cpu === undefined ? null : cpuCores(cpu),
  };
}

/** Rollouts beyond the limit wait in the queue. Two that look at once may both go: the limit is against overload. */
async function slotIsFree({ db, maxActiveRollouts }: ReconcilerDeps): Promise<boolean> {
  const { rows } = await sql<{ busy: number }>`
    select count(*) as busy from rollouts where active and phase <> 'queued'`.execute(db);
  return (rows[0]?.busy ?? 0) < maxActiveRollouts;
}

/** For a deployment that is in no table any more: nothing of it may stay in the world. */
async function removeLeftovers({ runtimes, publisher }: ReconcilerDeps, deployment: string): Promise<Reconciled> {
  await publisher.forget(deployment);
  for (const runtime of runtimes.values()) {
    for (const { revision, desired } of await runtime.observe(deployment)) {
      // Nobody can hold a newer fence: ids are never used again.
      if (desired > 0) await runtime.remove({ deployment, revision, fence: Number.MAX_SAFE_INTEGER });
    }
  }
  return { wakeAt: null };
}

/** Whether looking again soon is all that an error asks for. */
export const isConflict = (error: unknown): boolean => error instanceof SluiceError && error.code === "aborted";
