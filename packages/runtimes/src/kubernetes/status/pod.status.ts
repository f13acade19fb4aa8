import type { InstanceState, InstanceStatus, Instant } from "@sluice/core";
import { exitReason, type Variables } from "../../supervision/exit-reason.ts";
import type { Condition } from "../client/kube.types.ts";
import { CONTAINER_NAME, PORT_NAME } from "../objects/labels.ts";
import type { ContainerState, ContainerStatus, ObservedPod } from "./observed.types.ts";

/** What is known of a pod beside what the API says of it now. */
export interface PodContext {
  revision: number;
  /** It was ready at some time, as far as anybody saw. */
  wasReady: boolean;
  /** What the kubelet said last of its probes; null when nothing. */
  probeWords: string | null;
  /** Blotted out in last words; null: not known, so nothing that the program said is repeated. */
  variables: Variables | null;
  /** How long a pod must be ready to count, in seconds. */
  minReadySeconds: number;
  now: Instant;
}

export const instant = (time: string | undefined): Instant | null => (time === undefined ? null : Date.parse(time));

export const conditionOf = (conditions: readonly Condition[] | undefined, type: string): Condition | null =>
  conditions?.find((condition) => condition.type === type) ?? null;

export const containerStatusOf = ({ status }: ObservedPod): ContainerStatus | null =>
  status?.containerStatuses?.find(({ name }) => name === CONTAINER_NAME) ?? status?.containerStatuses?.[0] ?? null;

/** What the pod is at: what comes before the program, as long as that is not through. */
const currentOf = (pod: ObservedPod): ContainerStatus | null =>
  pod.status?.initContainerStatuses?.find(({ ready }) => !ready) ?? containerStatusOf(pod);

/** Exits of a pod that was never ready, and of one that was, after which it is judged broken: as on a machine. */
const CRASHES = { beforeReady: 2, afterReady: 5 };

/** The pod as an instance. Pure. */
export function instanceOf(pod: ObservedPod, context: PodContext): InstanceStatus {
  const container = containerStatusOf(pod);
  const current = currentOf(pod);
  const readyAt = readySince(pod, context);
  const port = pod.spec?.containers?.flatMap(({ ports = [] }) => ports).find(({ name }) => name === PORT_NAME);
  const host = pod.status?.podIP;
  const state = stateOf(pod, current, readyAt !== null, context.wasReady);
  return {
    id: pod.metadata.name,
    revision: context.revision,
    state,
    address: port === undefined || host === undefined ? null : { host, port: port.containerPort },
    pid: null,
    restarts: current?.restartCount ?? 0,
    startedAt: instant(container?.state?.running?.startedAt),
    readyAt: state === "completed" ? instant(container?.state?.terminated?.finishedAt) : readyAt,
    reason: state === "ready" || state === "completed" ? null : reasonOf(pod, current, context),
  };
}

/** Since when the pod counts as ready; null when it does not. */
function readySince({ status, metadata }: ObservedPod, { minReadySeconds, now }: PodContext): Instant | null {
  // A job has done nothing before its end, and nobody probes it.
  if (isOfJob(metadata)) return null;
  const ready = conditionOf(status?.conditions, "Ready");
  if (ready?.status !== "True" || metadata.deletionTimestamp !== undefined) return null;
  const since = instant(ready.lastTransitionTime) ?? now;
  return now >= since + minReadySeconds * 1_000 ? since : null;
}

const isOfJob = ({ ownerReferences = [] }: ObservedPod["metadata"]): boolean =>
  ownerReferences.some(({ kind }) => kind === "Job");

function stateOf(
  pod: ObservedPod,
  container: ContainerStatus | null,
  isReady: boolean,
  wasReady: boolean,
): InstanceState {
  const { metadata, status } = pod;
  if (metadata.deletionTimestamp !== undefined) return "draining";
  if (status?.phase === "Succeeded") return "completed";
  if (status?.phase === "Failed") return "crash_loop";
  if (isReady) return "ready";
  const { waiting, running, terminated } = container?.state ?? {};
  if (running !== undefined) return container?.started === true && !isOfJob(metadata) ? "unready" : "starting";
  if (waiting?.reason === "CrashLoopBackOff") return isCrashLoop(container, wasReady) ? "crash_loop" : "backoff";
  if (terminated !== undefined) return "backoff";
  return isCrashLoop(container, wasReady) ? "crash_loop" : "starting";
}

const isCrashLoop = (container: ContainerStatus | null, wasReady: boolean): boolean =>
  (container?.restartCount ?? 0) >= (wasReady ? CRASHES.afterReady : CRASHES.beforeReady) &&
  container?.lastState?.terminated !== undefined;

/** Words of waiting that say no more than that it takes its time. */
const PATIENT = new Set(["ContainerCreating", "PodInitializing"]);

function reasonOf(pod: ObservedPod, container: ContainerStatus | null, context: PodContext): string | null {
  const { status, metadata } = pod;
  const unscheduled = conditionOf(status?.conditions, "PodScheduled");
  if (unscheduled?.status === "False") return sentence(unscheduled.reason, unscheduled.message);
  const { waiting, running, terminated } = container?.state ?? {};
  const ended = terminated ?? container?.lastState?.terminated;
  const exit = ended === undefined ? null : exitOf(ended, context.variables);
  if (running !== undefined && metadata.deletionTimestamp === undefined) {
    const { probeWords } = context;
    if (probeWords === null) return exit;
    return exit === null ? probeWords : `${probeWords}; before that: ${exit}`;
  }
  if (waiting?.reason === "CrashLoopBackOff" && exit !== null) return exit;
  if (waiting !== undefined && !PATIENT.has(waiting.reason ?? "")) return sentence(waiting.reason, waiting.message);
  if (exit !== null) return exit;
  return status?.reason === undefined ? null : sentence(status.reason, status.message);
}

const sentence = (reason = "", message = ""): string =>
  message === "" || reason === "" ? `${reason}${message}` : `${reason}: ${message}`;

const SIGNALS: Readonly<Record<number, string>> = { 6: "SIGABRT", 9: "SIGKILL", 11: "SIGSEGV", 15: "SIGTERM" };

/** How a container ended, and what it said last. */
function exitOf(
  { exitCode, signal, reason, message = "" }: NonNullable<ContainerState["terminated"]>,
  variables: Variables | null,
): string {
  // A shell's way of telling of a signal.
  const number = signal ?? (exitCode > 128 ? exitCode - 128 : 0);
  const known = SIGNALS[number];
  const how = known === undefined ? `exited with status ${exitCode}` : `was killed by ${known}`;
  if (reason === "OOMKilled") return `${how}: it took more memory than its limit (OOMKilled)`;
  // The words of whoever could not start it, not of the program.
  if (reason === "StartError" || reason === "ContainerCannotRun") return `cannot be started: ${message}`;
  return variables === null ? how : exitReason(how, message.split("\n"), variables);
}

/** Why the pod can never run, in the cluster's words; null while it may yet. */
export function hopeless(pod: ObservedPod): string | null {
  const { waiting } = currentOf(pod)?.state ?? {};
  const { reason = "", message = "" } = waiting ?? {};
  const isFinal = FINAL.has(reason) || (HARDLY.has(reason) && NEVER.test(message));
  return isFinal ? sentence(reason, message) : null;
}

const FINAL = new Set(["InvalidImageName", "ErrImageNeverPull"]);
/** These pass, when a registry was away or a Secret is still to come; unless they say what will not. */
const HARDLY = new Set([
  "ErrImagePull",
  "ImagePullBackOff",
  "CreateContainerConfigError",
  "CreateContainerError",
  "RunContainerError",
]);
const NEVER =
  /not found$|: not found|manifest unknown|denied|unauthorized|runAsNonRoot|no command specified|executable file not found|invalid/i;
