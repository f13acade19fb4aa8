import type { InstanceState, InstanceStatus, Instant, WorkloadStatus } from "@sluice/core";
import { type Instance, isKept, isReady } from "./instance.ts";
import { type Wish, wanted } from "./wish.ts";

export function stateOf(instance: Instance): InstanceState {
  const { life, crashLoop, launches } = instance;
  switch (life.kind) {
    case "stopping":
    case "gone":
      return "draining";
    case "running":
      if (life.ready) return "ready";
      if (life.readyAt !== null) return "unready";
      return crashLoop ? "crash_loop" : "starting";
    case "done":
      return "completed";
    case "launching":
    case "waiting":
      if (crashLoop) return "crash_loop";
      return launches === 0 || life.kind === "launching" ? "starting" : "backoff";
  }
}

/** @param hasAddress false: nobody is answered on its port, whatever it is given */
export function instanceStatus(instance: Instance, hasAddress = true): InstanceStatus {
  const { id, revision, life, host, port, process, restarts } = instance;
  const running = life.kind === "running";
  return {
    id,
    revision,
    state: stateOf(instance),
    address: process === null || port === null || !hasAddress ? null : { host, port },
    pid: process?.pid ?? null,
    restarts,
    startedAt: running || life.kind === "stopping" ? life.startedAt : null,
    readyAt: running && life.ready ? life.readyAt : life.kind === "done" ? life.at : null,
    reason: reasonOf(instance),
  };
}

function reasonOf({ life, obstacle, lastExit, lastProbe }: Instance): string | null {
  if (life.kind === "running") {
    if (life.ready || lastProbe === null) return life.ready ? null : lastExit;
    // One that has died before is more likely to do so again than to be slow.
    return lastExit === null || life.readyAt !== null ? lastProbe : `${lastProbe}; before that: ${lastExit}`;
  }
  if (life.kind === "stopping") return life.why;
  return obstacle ?? lastExit;
}

const isService = ({ process = "service" }: Wish["workload"]): boolean => process === "service";

/** Whether the revision is as wanted: enough ready instances, all of the newest generation. */
export const isAvailable = (wish: Wish, own: Instance[]): boolean => readyNow(wish, own) >= wanted(wish);

const readyNow = (wish: Wish, own: Instance[]): number =>
  own.filter((instance) => isReady(instance) && instance.generation === wish.generation).length;

/**
 * Keeps the start of the progress deadline: it runs from the moment the revision became unavailable, or from the last
 * time that more instances were ready than ever since.
 */
export function withProgress(wish: Wish, own: Instance[], now: Instant): Wish {
  if (wish.removed || isAvailable(wish, own)) return wish.waiting === null ? wish : { ...wish, waiting: null };
  const ready = readyNow(wish, own);
  if (wish.waiting !== null && ready <= wish.waiting.ready) return wish;
  return { ...wish, waiting: { since: now, ready } };
}

/** The revision as others see it; instances in the order of their creation. */
export function workloadStatus(wish: Wish, instances: Instance[], now: Instant): WorkloadStatus {
  const own = instances
    .filter(({ revision }) => revision === wish.workload.revision)
    .toSorted((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1));
  return {
    deployment: wish.workload.deployment,
    revision: wish.workload.revision,
    desired: wanted(wish),
    instances: own.map((instance) => instanceStatus(instance, isService(wish.workload))),
    ...judge(wish, own, now),
  };
}

function judge(wish: Wish, own: Instance[], now: Instant): Pick<WorkloadStatus, "verdict" | "reason"> {
  if (wish.removed) return { verdict: "progressing", reason: "is being removed" };
  const broken = own.find((instance) => instance.crashLoop && isKept(instance));
  if (broken !== undefined && wanted(wish) > 0)
    return { verdict: "failed", reason: `instance ${broken.id} keeps failing: ${broken.lastExit ?? "unknown"}` };
  if (isAvailable(wish, own)) return { verdict: "available", reason: null };
  const why = own
    .filter(isKept)
    .map(reasonOf)
    .find((reason) => reason !== null);
  const detail = why ?? `${readyNow(wish, own)} of ${wanted(wish)} instances ready`;
  const deadline = wish.workload.progressDeadlineSeconds;
  if (wish.waiting !== null && now - wish.waiting.since >= deadline * 1_000)
    return { verdict: "failed", reason: `no progress within ${deadline} s: ${detail}` };
  return { verdict: "progressing", reason: detail };
}
