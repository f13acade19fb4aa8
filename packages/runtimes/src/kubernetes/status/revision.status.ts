import { type InstanceStatus, type Instant, isUp, type WorkloadStatus } from "@sluice/core";
import type { Variables } from "../../supervision/exit-reason.ts";
import { nameOf } from "../client/kinds.ts";
import type { Condition } from "../client/kube.types.ts";
import { ANNOTATIONS } from "../names.ts";
import type { ObservedDeployment, ObservedJob, ObservedPod } from "./observed.types.ts";
import { conditionOf, hopeless, instanceOf, instant } from "./pod.status.ts";

/** All that a revision's status is made of. */
export interface RevisionView {
  deployment: string;
  revision: number;
  /** Null: it is gone, or on its way out. */
  anchor: { kind: "Deployment"; object: ObservedDeployment } | { kind: "Job"; object: ObservedJob } | null;
  /** Each with what was seen and heard of it before. */
  pods: readonly { pod: ObservedPod; wasReady: boolean; probeWords: string | null }[];
  variables: Variables | null;
  /** How it differs from what was applied; empty when it does not. */
  drift: readonly string[];
}

export interface RevisionStatus {
  status: WorkloadStatus;
  /** When the same view will say something else; null when only news can change it. */
  changesAt: Instant | null;
}

/** Where a verdict is given if it is none of the last. */
type Judgement = Pick<WorkloadStatus, "verdict" | "reason"> & { changesAt: Instant | null };

/**
 * One revision as the engine sees it: from what the API says and nothing else. What was applied is not there before the
 * controllers have seen it (edge cases 39 and 47). Pure.
 */
export function revisionStatus(view: RevisionView, now: Instant): RevisionStatus {
  const { deployment, revision, anchor, drift } = view;
  const desired = anchor === null ? 0 : wantedOf(anchor.object);
  const all = instancesOf(view, now);
  // What failed for good was replaced: it is evidence, not an instance.
  const instances = all.filter((_, index) => view.pods[index]?.pod.status?.phase !== "Failed");
  const { verdict, reason, changesAt } = judge(view, desired, all, now);
  return {
    status: {
      ...{ deployment, revision, desired, verdict, reason },
      instances: instances.toSorted((a, b) => order(view, a) - order(view, b) || (a.id < b.id ? -1 : 1)),
      ...(anchor !== null && drift.length > 0 && { drift: drift.join("; ") }),
    },
    changesAt,
  };
}

export const wantedOf = ({ metadata }: ObservedDeployment | ObservedJob): number =>
  Number(metadata.annotations?.[ANNOTATIONS.replicas] ?? 0);

function instancesOf(view: RevisionView, now: Instant): InstanceStatus[] {
  const minReadySeconds = view.anchor?.kind === "Deployment" ? (view.anchor.object.spec?.minReadySeconds ?? 0) : 0;
  const { revision, variables } = view;
  return view.pods.map(({ pod, ...seen }) => instanceOf(pod, { ...seen, revision, variables, minReadySeconds, now }));
}

const order = ({ pods }: RevisionView, { id }: InstanceStatus): number =>
  instant(pods.find(({ pod }) => pod.metadata.name === id)?.pod.metadata.creationTimestamp) ?? 0;

const settled = (verdict: WorkloadStatus["verdict"], reason: string | null): Judgement => ({
  verdict,
  reason,
  changesAt: null,
});

function judge(view: RevisionView, desired: number, instances: readonly InstanceStatus[], now: Instant): Judgement {
  const { anchor, pods } = view;
  if (anchor === null) return settled("progressing", "is being removed");
  const { object } = anchor;
  const what = nameOf({ kind: anchor.kind }, object.metadata.namespace, object.metadata.name);
  if (desired === 0) return settled("available", null);

  const kept = instances.filter(({ state }) => state !== "draining");
  const broken = kept.find(({ state }) => state === "crash_loop");
  if (anchor.kind === "Job") {
    const failed = conditionOf(anchor.object.status?.conditions, "Failed");
    if (failed?.status === "True")
      return settled("failed", `${what}: ${broken?.reason ?? failed.message ?? failed.reason ?? "failed"}`);
  } else if (broken !== undefined) {
    return settled("failed", `instance ${broken.id} keeps failing: ${broken.reason ?? "unknown"}`);
  }
  for (const { pod } of pods) {
    const never = pod.metadata.deletionTimestamp === undefined ? hopeless(pod) : null;
    if (never !== null)
      return settled("failed", `${nameOf({ kind: "Pod" }, pod.metadata.namespace, pod.metadata.name)}: ${never}`);
  }
  const denied = denialOf(anchor);
  if (denied !== null && isFinal(denied)) return settled("failed", `${what}: ${denied}`);

  const ready = kept.filter(isUp).length;
  if (isSettled(anchor, desired) && ready >= desired) return settled("available", null);
  const why = denied ?? kept.find(({ reason }) => reason !== null)?.reason ?? null;
  const detail = why === null ? `${ready} of ${desired} instances ready` : why;
  return withDeadline(anchor, what, detail, instances, now);
}

/** Whether the controllers have seen what was applied last, and nothing of an older template is left. */
function isSettled(anchor: NonNullable<RevisionView["anchor"]>, desired: number): boolean {
  if (anchor.kind === "Job") return true;
  const { metadata, status } = anchor.object;
  if ((status?.observedGeneration ?? 0) < (metadata.generation ?? 0)) return false;
  const { updatedReplicas = 0, availableReplicas = 0, replicas = 0 } = status ?? {};
  return updatedReplicas >= desired && availableReplicas >= desired && replicas === updatedReplicas;
}

/** Why the cluster makes no pods, in its own words. */
function denialOf(anchor: NonNullable<RevisionView["anchor"]>): string | null {
  const conditions: readonly Condition[] | undefined = anchor.object.status?.conditions;
  const failure = conditionOf(conditions, "ReplicaFailure");
  return failure?.status === "True" ? (failure.message ?? failure.reason ?? null) : null;
}

/** A quota may have room again; who was denied by a rule will be denied again. */
const isFinal = (denial: string): boolean =>
  /admission webhook .* denied|denied request:|violates PodSecurity|is invalid:/.test(denial);

/**
 * The progress deadline: from the moment that the revision became unavailable, or from the last time that one more became ready.
 * Of new templates the cluster keeps the time itself.
 */
function withDeadline(
  anchor: NonNullable<RevisionView["anchor"]>,
  what: string,
  detail: string,
  instances: readonly InstanceStatus[],
  now: Instant,
): Judgement {
  const { metadata } = anchor.object;
  const deadline = Number(metadata.annotations?.[ANNOTATIONS.deadline] ?? 600);
  const conditions: readonly Condition[] | undefined = anchor.object.status?.conditions;
  const progressing = conditionOf(conditions, "Progressing");
  const isCurrent = anchor.kind === "Deployment" && isObserved(anchor.object);
  const failed: Judgement = settled("failed", `${what}: no progress within ${deadline} s: ${detail}`);
  if (isCurrent && progressing?.status === "False" && progressing.reason === "ProgressDeadlineExceeded") return failed;
  const available = conditionOf(conditions, "Available");
  const unavailableSince = available?.status === "False" ? instant(available.lastTransitionTime) : null;
  // Enough are available by the cluster's count, though not by ours: that passes, or the cluster says that it does not.
  if (available?.status === "True") return settled("progressing", detail);
  const since = Math.max(
    unavailableSince ?? instant(metadata.creationTimestamp) ?? now,
    ...instances.flatMap(({ state, readyAt }) => (state === "ready" && readyAt !== null ? [readyAt] : [])),
  );
  const at = since + deadline * 1_000;
  return now >= at ? failed : { verdict: "progressing", reason: detail, changesAt: at };
}

const isObserved = ({ metadata, status }: ObservedDeployment): boolean =>
  (status?.observedGeneration ?? 0) >= (metadata.generation ?? 0);
