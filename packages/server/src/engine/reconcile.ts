import {
  cpuCores,
  type DataPlane,
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
import type { FleetKeeper } from "../fleet/keeper.ts";
import { noteTrouble, troubleOf, troubleSeen } from "../fleet/trouble.ts";
import { goalReport } from "../goal/goal.report.ts";
import { checksFound } from "./activity/activity.facts.ts";
import { checksTakeLong } from "./activity/checks.long.ts";
import { type Appliers, apply } from "./apply.ts";
import type { Turn } from "./attendance.ts";
import { type CheckEnvironment, runChecks } from "./checks.ts";
import { type Decision, decideRollouts } from "./decide.ts";
import type { Drifts } from "./drifts.ts";
import type { Hints, Watch } from "./hints.ts";
import { decideResting } from "./keep.ts";
import { type Loaded, load } from "./load.ts";
import { hasInstances, instancesWanted, type Observation } from "./observe.ts";
import type { Outages } from "./outages.ts";
import { persist } from "./persist.ts";
import type { Strangers } from "./strangers.ts";
import type { Place, Targets } from "./targets.ts";
import type { Followed, UsageWatch } from "./usage.watch.ts";
import { putOffWake, wakeDeployment } from "./wake.ts";

export interface ReconcilerDeps extends Appliers {
  db: Kysely<Database>;
  hints: Hints;
  targets: Targets;
  /** Of deployments without instances. */
  gateway: DataPlane;
  /** Whether this server is the one to look after the deployment. */
  turnOf: (loaded: Loaded) => Promise<Turn>;
  /** How many guards a rollout that begins now shares its part of α among. */
  guards: () => number;
  usage: UsageWatch;
  /** What somebody else changed, and who was told of it. */
  drifts: Drifts;
  /** What another Sluice has in the same cluster. */
  strangers: Pick<Strangers, "isOne">;
  /** Since when deployments cannot be looked at. */
  outages: Outages;
  checks: CheckEnvironment;
  maxActiveRollouts: number;
  /** What is done at the targets of a deployment that has several. */
  fleet: FleetKeeper;
  now: () => Instant;
  logger: Logger;
}

export interface Reconciled {
  /** When to look again; null when only a change in the world matters. */
  wakeAt: Instant | null;
}

/** One reconcile looks at most so often; then others have their turn, and this deployment is woken again. */
const MAX_ROUNDS = 12;

/** A server that may have the deployment has this long to say so. Milliseconds. */
const ASK_AGAIN = 5_000;

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
    if (loaded === null) return (await deps.strangers.isOne(id)) ? { wakeAt: null } : removeLeftovers(deps, id);
    crash("after-load");
    const turn = await deps.turnOf(loaded);
    if (turn !== "ours") return handOver(deps, id, turn);
    for (let round = 1; ; round += 1) {
      watch.news();
      const seen = loaded;
      const place = await placeOf(deps, seen).catch((error: unknown) => inTrouble(deps, seen, error));
      const observed = await observe(deps, seen, place).catch((error: unknown) => inTrouble(deps, seen, error));
      await noteTrouble(db, seen, troubleSeen(seen, observed));
      crash("after-observe");
      const drifts = deps.drifts.news(loaded, observed, now());
      const decided = decide(loaded, observed, now());
      const decision = { ...decided, events: [...decided.events, ...drifts.events] };
      const written = await persist(db, loaded, observed, decision, now(), crash);
      drifts.told();
      deps.outages.over(id);
      if (decision.forget) return removeLeftovers(deps, id);
      const applied = await apply(written, observed, place, deps);
      // What members are by now is read anew.
      if (await deps.fleet.keep(written, decision.orders)) return { wakeAt: now() };
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

/** The wake goes to the server that is to look, or comes again. */
async function handOver({ db, now }: ReconcilerDeps, id: string, turn: "theirs" | "later"): Promise<Reconciled> {
  if (turn === "theirs") await wakeDeployment(db, id);
  else await putOffWake(db, id, new Date(now() + ASK_AGAIN));
  return { wakeAt: null };
}

const decide = (loaded: Loaded, observed: Observation, now: Instant): Decision =>
  loaded.rollouts.length > 0 ? decideRollouts(loaded, observed, now) : decideResting(loaded, observed, now);

/** Whoever waits for the deployment is told why nobody can look. */
async function inTrouble({ db, outages, now }: ReconcilerDeps, loaded: Loaded, error: unknown): Promise<never> {
  const trouble = troubleOf(error);
  if (trouble !== null) outages.began(loaded.deployment.id, now());
  if (trouble !== null) await noteTrouble(db, loaded, trouble);
  throw error;
}

/** Phases before a rollout has anything run. */
const BEFORE_INSTANCES: readonly Phase[] = ["queued", "validating", "awaiting_approval", "gating"];

/**
 * Without instances nothing has to be reached. Before the first of a deployment are wanted, a target that cannot be reached
 * is no trouble either: validation says so, and ends the rollout.
 */
async function placeOf({ targets, gateway }: ReconcilerDeps, loaded: Loaded): Promise<Place> {
  const { deployment, target, workloads, rollouts } = loaded;
  const nowhere: Place = { runtime: null, plane: gateway };
  if (!hasInstances(deployment.kind, target.type) || !targets.types.has(target.type)) return nowhere;
  try {
    return await targets.at(target);
  } catch (error) {
    const head = rollouts[0]?.rollout;
    const isAhead = head === undefined || (head.partOf === null && BEFORE_INSTANCES.includes(head.phase));
    if (error instanceof SluiceError && workloads.length === 0 && isAhead) return nowhere;
    throw error;
  }
}

async function observe(deps: ReconcilerDeps, loaded: Loaded, { runtime, plane }: Place): Promise<Observation> {
  const { deployment, rollouts, target } = loaded;
  const head = rollouts[0]?.rollout;
  const pretends = runtime === null && !hasInstances(deployment.kind, target.type);
  const statuses: WorkloadStatus[] =
    runtime !== null ? await instancesOf(deps, loaded, runtime) : pretends ? instancesWanted(loaded) : [];
  const route = plane.route(deployment.id);
  return {
    statuses,
    route,
    gatewayFresh: plane.connected(deployment.id),
    guards: deps.guards(),
    slotFree: head?.phase !== "queued" || (await slotIsFree(deps)),
    validations: head?.phase === "validating" ? await validationsOf(deps, head, loaded) : null,
    exhausted: usageOf(deps.usage, loaded, runtime),
    goal: head === undefined ? null : await goalReport(deps.db, head, route, deps.now()),
    outageMs: deps.outages.lasted(deployment.id, deps.now()),
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
    select count(*) as busy from rollouts where active and phase <> 'queued' and part_of is null`.execute(db);
  return (rows[0]?.busy ?? 0) < maxActiveRollouts;
}

/** For a deployment that is in no table any more: nothing of it may stay in the world. */
async function removeLeftovers({ targets, publisher }: ReconcilerDeps, deployment: string): Promise<Reconciled> {
  await publisher.forget(deployment);
  for (const runtime of targets.runtimes()) {
    for (const { revision, desired } of await runtime.observe(deployment)) {
      // Nobody can hold a newer fence: ids are never used again.
      if (desired > 0) await runtime.remove({ deployment, revision, fence: Number.MAX_SAFE_INTEGER });
    }
  }
  return { wakeAt: null };
}

/** Whether looking again soon is all that an error asks for. */
export const isConflict = (error: unknown): boolean => error instanceof SluiceError && error.code === "aborted";
