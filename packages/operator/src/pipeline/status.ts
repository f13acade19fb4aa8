import { healthOf, isReady, mendedConditions, type Verdict } from "../conditions.ts";
import { DIGEST } from "./pipeline.names.ts";
import type { DaemonSet, Pipeline, PipelineStatus, Pod } from "./pipeline.types.ts";

/** What is seen of a pipeline at one moment. */
export interface PipelineObservation {
  pipeline: Pipeline;
  /** Of what its pods are to be; null while its spec cannot be read. */
  wanted: { digest: string; nodes: number; replicas: number } | null;
  /** What is in the way of it, in a sentence; null: nothing. */
  problem: { reason: "InvalidSpec" | "Refused"; message: string } | null;
  daemonSets: readonly DaemonSet[];
  pods: readonly Pod[];
}

/** The status to be written: from what is there, never from what was asked for. `now` as RFC 3339. */
export function statusOf(observation: PipelineObservation, now: string): PipelineStatus {
  const { pipeline, wanted, problem, daemonSets, pods } = observation;
  const { generation = 0, deletionTimestamp } = pipeline.metadata;
  const counts = {
    nodes: wanted?.nodes ?? pipeline.status?.nodes ?? 0,
    desired: desiredOf(observation),
    ready: daemonSets.reduce((sum, set) => sum + (set.status?.numberReady ?? 0), 0),
    updated: pods.filter((pod) => digestOfPod(pod) === wanted?.digest && isPodReady(pod)).length,
  };
  const failing = failureOf(pods);
  const { phase, reason, message } = deletionTimestamp
    ? { phase: "Terminating" as const, reason: "Deleting", message: `${pods.length} collectors are left` }
    : phaseOf(observation, counts, failing);
  const ready: Verdict = { status: phase === "Running" ? "True" : "False", reason, message };
  const progressing: Verdict =
    phase === "Progressing"
      ? { status: "True", reason, message }
      : { status: "False", reason: phase === "Running" ? "Complete" : reason, message: "" };
  const accepted: Verdict =
    problem === null
      ? { status: "True", reason: "Accepted", message: "" }
      : { status: "False", reason: problem.reason, message: problem.message };
  const isStuck = phase === "Invalid" || phase === "Degraded";
  return {
    observedGeneration: generation,
    phase,
    message,
    ...counts,
    digest: wanted?.digest ?? pipeline.status?.digest ?? "",
    conditions: mendedConditions(
      pipeline.status?.conditions ?? [],
      { Accepted: accepted, Ready: ready, Progressing: progressing, ...healthOf(ready, isStuck ? ready : null) },
      { generation, now },
    ),
  };
}

/** What the cluster says once it has looked; before that, what is to be. */
function desiredOf({ daemonSets, wanted }: PipelineObservation): number {
  const told = daemonSets.reduce((sum, set) => sum + (set.status?.desiredNumberScheduled ?? 0), 0);
  return daemonSets.length > 0 && daemonSets.every(isObserved) ? told : (wanted?.nodes ?? 0) * (wanted?.replicas ?? 1);
}

const isObserved = ({ metadata, status }: DaemonSet): boolean =>
  status?.observedGeneration !== undefined && status.observedGeneration >= (metadata.generation ?? 0);

type Counts = Pick<PipelineStatus, "nodes" | "desired" | "ready" | "updated">;

function phaseOf(
  { problem, wanted, daemonSets }: PipelineObservation,
  { nodes, desired, ready, updated }: Counts,
  failing: Failure | null,
): { phase: PipelineStatus["phase"]; reason: string; message: string } {
  if (problem?.reason === "InvalidSpec") return { phase: "Invalid", ...problem };
  if (problem !== null) return { phase: "Degraded", ...problem };
  if (wanted === null || daemonSets.length < wanted.replicas || !daemonSets.every(isObserved))
    return { phase: "Progressing", reason: "Creating", message: "the cluster has not looked at it yet" };
  const done = `${updated} of ${desired} collectors are ready and up to date`;
  if (nodes === 0)
    return { phase: "Pending", reason: "NoNodes", message: "no node is meant by nodeSelector and selector" };
  if (failing !== null) return { phase: "Degraded", reason: failing.reason, message: `${done}; ${failing.message}` };
  if (updated < desired) return { phase: "Progressing", reason: "RollingOut", message: done };
  if (ready < desired)
    return { phase: "Progressing", reason: "Waiting", message: `${ready} of ${desired} collectors are ready` };
  return { phase: "Running", reason: "AllReady", message: `${ready} collectors on ${nodes} nodes` };
}

interface Failure {
  reason: string;
  message: string;
}

/** A pod that is being deleted has nothing to say any more, and the others something only when they cannot go on. */
function failureOf(pods: readonly Pod[]): Failure | null {
  for (const { metadata, spec, status } of pods.filter(({ metadata: { deletionTimestamp } }) => !deletionTimestamp)) {
    for (const { state, lastState } of status?.containerStatuses ?? []) {
      const { reason = "", message = "" } = state?.waiting ?? {};
      if (!HOPELESS.has(reason)) continue;
      const last = lastState?.terminated;
      const words = last?.message?.trim().split("\n").at(-1) ?? message;
      return {
        reason,
        message: `${metadata.name} on ${spec?.nodeName ?? "no node"}: ${words || reason}`.slice(0, 1_000),
      };
    }
    const unplaced = status?.conditions?.find(({ type, status: is }) => type === "PodScheduled" && is === "False");
    if (unplaced?.reason === "Unschedulable")
      return { reason: "Unschedulable", message: `${metadata.name}: ${unplaced.message ?? ""}` };
  }
  return null;
}

/** Reasons to wait that no patience helps with. */
const HOPELESS = new Set([
  "CrashLoopBackOff",
  "ImagePullBackOff",
  "ErrImagePull",
  "InvalidImageName",
  "CreateContainerConfigError",
  "CreateContainerError",
  "RunContainerError",
]);

export const digestOfPod = ({ metadata: { annotations = {} } }: Pod): string => annotations[DIGEST] ?? "";

export const isPodReady = ({ metadata: { deletionTimestamp }, status }: Pod): boolean =>
  deletionTimestamp === undefined && isReady(status?.conditions ?? []);
