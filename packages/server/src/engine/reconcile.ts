import { type Instant, type Runtime, SluiceError, type WorkloadStatus } from "@sluice/core";
import { type Kysely, sql } from "kysely";
import type { Logger } from "pino";
import type { Database } from "../db/schema.ts";
import type { GatewayLink } from "../routing/gateway.types.ts";
import { type Appliers, apply } from "./apply.ts";
import { type CheckEnvironment, runChecks } from "./checks.ts";
import { type Decision, decideRollouts } from "./decide.ts";
import type { Hints, Watch } from "./hints.ts";
import { decideResting } from "./keep.ts";
import { type Loaded, load } from "./load.ts";
import { hasInstances, instancesWanted, type Observation } from "./observe.ts";
import { persist } from "./persist.ts";

export interface ReconcilerDeps extends Appliers {
  db: Kysely<Database>;
  link: GatewayLink;
  hints: Hints;
  /** By the type of an environment's target. */
  runtimes: ReadonlyMap<string, Runtime>;
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
    const runtime = runtimeOf(deps, loaded);
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

/** Null for deployments without instances. Throws `unimplemented` when the target's runtime is not there. */
function runtimeOf({ runtimes }: ReconcilerDeps, { deployment, environment }: Loaded): Runtime | null {
  const target = environment.targets[0]?.type ?? "none";
  if (!hasInstances(deployment.kind, target)) return null;
  // Without a runtime nothing can run; the checks of a rollout say so, and then there is nothing to observe either.
  return runtimes.get(target) ?? null;
}

async function observe(deps: ReconcilerDeps, loaded: Loaded, runtime: Runtime | null): Promise<Observation> {
  const { deployment, rollouts, environment } = loaded;
  const phase = rollouts[0]?.rollout.phase;
  const pretends = runtime === null && !hasInstances(deployment.kind, environment.targets[0]?.type ?? "none");
  const statuses: WorkloadStatus[] =
    runtime !== null ? await runtime.observe(deployment.id) : pretends ? instancesWanted(loaded) : [];
  return {
    statuses,
    route: deps.link.route(deployment.id),
    gatewayFresh: deps.link.connected(),
    slotFree: phase !== "queued" || (await slotIsFree(deps)),
    validations: phase === "validating" ? await runChecks(deps.db, deps.checks, loaded, deps.now) : null,
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
