import {
  type ArtifactKind,
  type ExhaustionFact,
  type Facts,
  frozenUntil,
  type GoalReport,
  type GuardReport,
  type InstancesFact,
  type Instant,
  isRunnable,
  isUp,
  type MemberState,
  memberState,
  NO_MIGRATIONS,
  type RestingFacts,
  type Retirement,
  type Rollout,
  type RouteObservation,
  type ShadowReport,
  type Split,
  type TrafficFact,
  type ValidationResult,
  type WorkloadStatus,
} from "@sluice/core";
import type { Trouble } from "../fleet/loaded.members.ts";
import { isIrreversibleVersion } from "../rollout/irreversible.ts";
import type { StoredRoute } from "../routing/route.store.ts";
import { gatesFact, testsFact } from "./activity/activity.facts.ts";
import { migrationsOf } from "./activity/migrations.fact.ts";
import type { Loaded } from "./load.ts";
import { countedOf, samplesSinceStep } from "./samples.ts";

/** The part of the world that is not in the database, at one moment. */
export interface Observation {
  /** Instances by the runtime, or what a deployment without instances pretends (see `instancesWanted`). */
  statuses: WorkloadStatus[];
  /** What the gateway says of the route; null when it has none. */
  route: RouteObservation | null;
  /** Whether that is what the gateway does now: it is connected, and its last word is fresh. */
  gatewayFresh: boolean;
  /** How many guards a rollout that begins now shares its part of α among. */
  guards: number;
  slotFree: boolean;
  /** Null until the checks have run. */
  validations: ValidationResult[] | null;
  /** Of the first rollout's candidate. */
  exhausted: ExhaustionFact | null;
  /** Of the first rollout; null when it has no goal. */
  goal: GoalReport | null;
  /** For how long nobody could look before; milliseconds, 0 when the last look did not fail. */
  outageMs: number;
}

/** Whether the deployment has instances at all: prompts are resolved, not run, and target `none` runs nothing. */
export const hasInstances = (kind: ArtifactKind, target: string): boolean => isRunnable(kind) && target !== "none";

/** Without instances, a revision is as available as somebody wants it to be. */
export function instancesWanted({ deployment, workloads }: Loaded): WorkloadStatus[] {
  return workloads
    .filter((workload) => workload.replicas > 0)
    .map(({ revision, replicas }) => ({
      deployment: deployment.id,
      revision,
      desired: replicas,
      instances: Array.from({ length: replicas }, (_, index) => ({
        id: `${deployment.id}-${revision}-${index}`,
        revision,
        state: "ready" as const,
        address: null,
        pid: null,
        restarts: 0,
        startedAt: null,
        readyAt: null,
        reason: null,
      })),
      verdict: "available" as const,
      reason: null,
    }));
}

/** What `advance` may know when it decides about one rollout of the deployment. */
export function factsFor(rollout: Rollout, loaded: Loaded, observed: Observation, now: Instant): Facts {
  const { deployment, environment, rollouts, route, revisions, hooks } = loaded;
  const [head] = rollouts;
  const isHead = head?.rollout.id === rollout.id;
  const guard = guardOf(rollout, observed.route);
  const judge = isHead && loaded.judge?.hypothesis === rollout.id ? loaded.judge : null;
  return {
    serving: servingOf(loaded),
    ahead: isHead ? null : (head?.rollout.id ?? null),
    newer: newerThan(rollout, loaded),
    frozenUntil: frozenUntil(environment.protection.freezeWindows, now),
    slotFree: observed.slotFree,
    replicas: deployment.stopped ? 0 : deployment.replicas,
    routed: route !== null,
    validations: isHead ? observed.validations : null,
    validationLevel: environment.validationLevel,
    gates: gatesFact(rollout, loaded),
    stable: rollout.fromRevision === null ? null : instancesFact(observed.statuses, rollout.fromRevision),
    candidate: instancesFact(observed.statuses, rollout.toRevision),
    traffic: trafficFact(rollout, route, observed, countedOf(guard, judge)),
    guard,
    tests: testsFact(rollout, loaded),
    judge,
    exhausted: isHead ? observed.exhausted : null,
    shadow: shadowOf(rollout, observed.route),
    goal: isHead ? observed.goal : null,
    irreversible: isIrreversibleVersion(revisions.get(rollout.toRevision)?.spec),
    migrations: isHead && rollout.partOf === null ? migrationsOf(rollout, loaded) : NO_MIGRATIONS,
    hooks: isHead ? hooks : [],
    members: membersFact(rollout, loaded),
    progressDeadlineSeconds: revisions.get(rollout.toRevision)?.config.progressDeadlineSeconds ?? 600,
  };
}

export function servingOf({ deployment, revisions }: Loaded): Facts["serving"] {
  const revision = deployment.stableRevision;
  return revision === null ? null : { revision, version: revisions.get(revision)?.version ?? "" };
}

/** Of a rollout to several targets: each that the environment has now, in its order. */
function membersFact(rollout: Rollout, { members }: Loaded): MemberState[] {
  if (rollout.waves === null) return [];
  return members.map(({ trouble, rollouts, ...member }) => {
    const reasonOf = (kind: Trouble["kind"]): string | null => (trouble?.kind === kind ? trouble.reason : null);
    const own = rollouts.find(({ partOf }) => partOf === rollout.id) ?? null;
    return memberState(
      { ...member, rollout: own, trouble: reasonOf("unreachable"), failing: reasonOf("failing") },
      rollout,
    );
  });
}

/** The newest later rollout that supersedes; those that queue wait for their turn instead. */
function newerThan(rollout: Rollout, { rollouts }: Loaded): string | null {
  const newer = rollouts.findLast(
    (other) => other.rollout.id > rollout.id && other.rollout.strategy.onConflict === "supersede",
  );
  return newer?.rollout.id ?? null;
}

export function instancesFact(statuses: readonly WorkloadStatus[], revision: number): InstancesFact | null {
  const status = statuses.find((candidate) => candidate.revision === revision);
  if (status === undefined) return null;
  return {
    revision,
    desired: status.desired,
    ready: status.instances.filter(isUp).length,
    present: status.instances.length,
    verdict: status.verdict,
    reason: status.reason,
    ...(status.drift !== undefined && { drift: status.drift }),
  };
}

function guardOf(rollout: Rollout, route: RouteObservation | null): GuardReport | null {
  const report = route?.guard ?? null;
  return report !== null && report.hypothesis === rollout.id ? report : null;
}

/** What the gateway compared for this rollout, and no other (edge case 45). */
function shadowOf(rollout: Rollout, route: RouteObservation | null): ShadowReport | null {
  const found = route?.shadow ?? null;
  if (found === null) return null;
  const { hypothesis, ...report } = found;
  return hypothesis === rollout.id ? report : null;
}

function trafficFact(
  rollout: Rollout,
  route: StoredRoute | null,
  observed: Observation,
  counted: GuardReport["samples"] | null,
): TrafficFact {
  return {
    verified: observed.gatewayFresh,
    split: splitInForce(observed.route),
    applied: observed.gatewayFresh && trafficApplied(route, observed.route),
    problem: observed.gatewayFresh ? (observed.route?.problem ?? null) : null,
    samples: samplesSinceStep(rollout, counted),
  };
}

/** None where several gateways do not do the same. */
const splitInForce = (route: RouteObservation | null): Split | null =>
  route === null || route.split.length === 0 ? null : route.split;

/** The gateway has taken over what was last written; a route that is to be gone is gone (ARCHITECTURE §9). */
export function trafficApplied(route: StoredRoute | null, observed: RouteObservation | null): boolean {
  if (route === null || route.desired.split === null) return observed === null;
  return observed?.epoch === route.epoch;
}

/** Revisions that are kept warm for a while, as they are on disk. */
export const retirements = ({ workloads }: Loaded): Retirement[] =>
  workloads.flatMap(({ revision, retireAt }) => (retireAt === null ? [] : [{ revision, at: retireAt }]));

/** What the keeper of a resting deployment may know. */
export function restingFacts({ route }: Loaded, observed: Observation): RestingFacts {
  const revisions = [...new Set(observed.statuses.map((status) => status.revision))];
  return {
    workloads: revisions
      .map((revision) => instancesFact(observed.statuses, revision))
      .filter((fact): fact is InstancesFact => fact !== null),
    traffic: {
      verified: observed.gatewayFresh,
      applied: observed.gatewayFresh && trafficApplied(route, observed.route),
      split: splitInForce(observed.route),
    },
    routed: route !== null,
  };
}
