import type { InstanceStatus, WorkloadStatus } from "@sluice/core";
import { nameOf } from "../client/kinds.ts";
import type { Condition, KubeObject } from "../client/kube.types.ts";
import { ANNOTATIONS } from "../names.ts";
import type { ObservedPod } from "../status/observed.types.ts";
import { conditionOf, hopeless } from "../status/pod.status.ts";

/** A `PhoenixProcessPipeline`, as far as a status is read from it. */
export interface ObservedPipeline extends KubeObject {
  status?: {
    observedGeneration?: number;
    phase?: string;
    message?: string;
    updated?: number;
    conditions?: Condition[];
  };
}

interface PipelineView {
  deployment: string;
  revision: number;
  /** Null: gone, while pods of it are left. */
  pipeline: ObservedPipeline | null;
  pods: readonly ObservedPod[];
  instances: InstanceStatus[];
}

/** One revision of a pipeline as the engine sees it: what the operator says of it, and its pods. Pure. */
export function pipelineStatus({ deployment, revision, pipeline, pods, instances }: PipelineView): WorkloadStatus {
  const isGoing = pipeline === null || pipeline.metadata.deletionTimestamp !== undefined;
  const desired = isGoing ? 0 : Number(pipeline.metadata.annotations?.[ANNOTATIONS.replicas] ?? 0);
  const status = (verdict: WorkloadStatus["verdict"], reason: string | null): WorkloadStatus => ({
    ...{ deployment, revision, desired, instances, verdict, reason },
  });
  if (isGoing) return status("progressing", "is being removed");
  const { metadata, status: told } = pipeline;
  const what = nameOf(
    pipeline.kind === undefined ? { kind: "PhoenixProcessPipeline" } : { kind: pipeline.kind },
    metadata.namespace,
    metadata.name,
  );
  if ((told?.observedGeneration ?? 0) < (metadata.generation ?? 0))
    return status("progressing", `${what}: nobody has looked at it yet (does an operator run?)`);
  const accepted = conditionOf(told?.conditions, "Accepted");
  if (accepted?.status === "False") return status("failed", `${what}: ${accepted.message ?? accepted.reason ?? ""}`);
  const broken = instances.find(({ state }) => state === "crash_loop");
  if (broken !== undefined)
    return status("failed", `instance ${broken.id} keeps failing: ${broken.reason ?? "unknown"}`);
  for (const pod of pods) {
    const never = pod.metadata.deletionTimestamp === undefined ? hopeless(pod) : null;
    if (never !== null)
      return status("failed", `${nameOf({ kind: "Pod" }, pod.metadata.namespace, pod.metadata.name)}: ${never}`);
  }
  const ready = instances.filter(({ state }) => state === "ready").length;
  if (ready >= desired && (told?.updated ?? 0) >= desired) return status("available", null);
  const waiting = instances.find(({ reason }) => reason !== null)?.reason;
  return status("progressing", waiting ?? told?.message ?? `${ready} of ${desired} instances ready`);
}
