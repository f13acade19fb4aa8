import type { HealthCheck, Instant } from "@sluice/core";
import { z } from "zod";
import type { Policy } from "./policy.ts";

const LOOPBACK = "127.0.0.1";

/**
 * One instance as a value. It lives through these modes; every transition is a function below, without I/O.
 *
 * ## waiting
 * Has no process. Entered when created and after every exit; left at `until` by a launch.
 *
 * ## launching
 * The intent to launch is on disk, what was launched is not yet. Seen after a restart of the supervising process only
 * if that died between the two: then the process or container is searched by its mark.
 *
 * ## running
 * Has a process that is probed. Left when the process exits or has to be stopped.
 *
 * ## stopping
 * Takes no new traffic; gets SIGTERM at `termAt` and SIGKILL at `killAt`. Left when its whole process group is gone.
 *
 * ## done
 * A job that ended well. Has no process, and is as good as ready until it is no longer wanted.
 *
 * ## gone
 * Nothing runs any more and nothing shall: waits to be forgotten.
 */
const lifeSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("waiting"), until: z.number() }),
  z.object({ kind: z.literal("launching") }),
  z.object({
    kind: z.literal("running"),
    startedAt: z.number(),
    /** Since when it is ready, or was until it became unready; null before it was ready for the first time. */
    readyAt: z.number().nullable(),
    ready: z.boolean(),
    failedProbes: z.number(),
  }),
  z.object({
    kind: z.literal("stopping"),
    outcome: z.enum(["forget", "relaunch"]),
    why: z.string(),
    startedAt: z.number(),
    termAt: z.number(),
    killAt: z.number(),
    signalled: z.enum(["none", "term", "kill"]),
  }),
  z.object({ kind: z.literal("done"), at: z.number() }),
  z.object({ kind: z.literal("gone") }),
]);

/** What an instance lives in: a process of this machine, or a container, by the pid that its first process has there. */
const bodySchema = z.union([
  z.object({ pid: z.number(), startTime: z.string(), bootId: z.string() }),
  z.object({ pid: z.number(), container: z.string() }),
]);

export type Body = z.infer<typeof bodySchema>;

export const instanceSchema = z.object({
  id: z.string(),
  revision: z.number(),
  /** The restart of the revision that it belongs to. */
  generation: z.number(),
  createdAt: z.number(),
  life: lifeSchema,
  process: bodySchema.nullable(),
  /** Where its port is reached. */
  host: z.string().default(LOOPBACK),
  port: z.number().nullable(),
  /** Launches after the first. */
  restarts: z.number(),
  launches: z.number(),
  everReady: z.boolean(),
  /** Exits in a row without a stable time between them. */
  failures: z.number(),
  recentExits: z.array(z.number()),
  portRetries: z.number(),
  crashLoop: z.boolean(),
  /** Why it cannot be launched now, in a sentence, when that is nothing it did. */
  obstacle: z.string().nullable().default(null),
  /** Why it last ended, in a sentence. */
  lastExit: z.string().nullable(),
  /** Why the last probe failed, in a sentence; null after a success. */
  lastProbe: z.string().nullable(),
});

export type Instance = z.infer<typeof instanceSchema>;

export type ProbeResult = { ok: true } | { ok: false; reason: string };

export const newInstance = (id: string, revision: number, generation: number, now: Instant): Instance => ({
  id,
  revision,
  generation,
  createdAt: now,
  life: { kind: "waiting", until: now },
  process: null,
  host: LOOPBACK,
  port: null,
  restarts: 0,
  launches: 0,
  everReady: false,
  failures: 0,
  recentExits: [],
  portRetries: 0,
  crashLoop: false,
  obstacle: null,
  lastExit: null,
  lastProbe: null,
});

export const launching = (instance: Instance): Instance => ({
  ...instance,
  life: { kind: "launching" },
  obstacle: null,
  launches: instance.launches + 1,
  restarts: instance.launches,
  lastProbe: null,
});

export const launched = (
  instance: Instance,
  { body, host, port }: { body: Body; host: string; port: number | null },
  now: Instant,
): Instance => ({
  ...instance,
  process: body,
  host,
  port,
  life: { kind: "running", startedAt: now, readyAt: null, ready: false, failedProbes: 0 },
});

/** Folds one probe. Probes of an instance that no longer runs change nothing. */
export function probed(
  instance: Instance,
  result: ProbeResult,
  check: HealthCheck,
  now: Instant,
  policy: Policy,
): Instance {
  const { life } = instance;
  if (life.kind !== "running") return instance;
  if (result.ok) {
    const readyAt = life.ready && life.readyAt !== null ? life.readyAt : now;
    const stable = now - readyAt >= policy.stableMs;
    return {
      ...instance,
      everReady: true,
      lastProbe: null,
      portRetries: 0,
      ...(stable ? { crashLoop: false, failures: 0, recentExits: [] } : {}),
      life: { ...life, ready: true, readyAt, failedProbes: 0 },
    };
  }
  const failedProbes = life.failedProbes + 1;
  return {
    ...instance,
    lastProbe: result.reason,
    life: { ...life, failedProbes, ready: life.ready && failedProbes < check.retries },
  };
}

/** Milliseconds before the next launch after so many exits in a row: doubles from the minimum up to the maximum. */
export const backoffMs = (failures: number, policy: Policy): number =>
  Math.min(policy.backoffMaxMs, policy.backoffMinMs * 2 ** Math.max(0, failures - 1));

/** Folds the end of a process that should have gone on: back-off, and the judgement whether this is a crash loop. */
export function exited(instance: Instance, how: string, now: Instant, policy: Policy): Instance {
  const failures = instance.failures + 1;
  const recentExits = [...instance.recentExits.filter((at) => now - at < policy.crashLoopWindowMs), now];
  const crashLoop = instance.everReady
    ? recentExits.length >= policy.crashLoopExits
    : failures >= policy.crashLoopExitsBeforeReady;
  return {
    ...instance,
    process: null,
    port: null,
    failures,
    recentExits,
    crashLoop: instance.crashLoop || crashLoop,
    lastExit: how,
    life: { kind: "waiting", until: now + backoffMs(failures, policy) },
  };
}

/** Folds the end of a job that did its work. */
export const completed = (instance: Instance, now: Instant): Instance => ({
  ...instance,
  process: null,
  port: null,
  ...{ everReady: true, failures: 0, crashLoop: false, lastExit: null, lastProbe: null },
  life: { kind: "done", at: now },
});

/** The chosen port was taken by somebody else in the meantime: not the program's fault, so tried again at once. */
export const portWasTaken = (instance: Instance, now: Instant): Instance => ({
  ...instance,
  process: null,
  port: null,
  portRetries: instance.portRetries + 1,
  life: { kind: "waiting", until: now },
});

/** It cannot be started as it is described: judged broken at once, tried again slowly. */
export const unstartable = (instance: Instance, why: string, now: Instant, policy: Policy): Instance => ({
  ...instance,
  process: null,
  port: null,
  failures: instance.failures + 1,
  crashLoop: true,
  lastExit: why,
  life: { kind: "waiting", until: now + policy.backoffMaxMs },
});

export function stopping(
  instance: Instance,
  { outcome, why, drainMs, stopMs }: { outcome: "forget" | "relaunch"; why: string; drainMs: number; stopMs: number },
  now: Instant,
): Instance {
  const { life } = instance;
  const startedAt = life.kind === "running" || life.kind === "stopping" ? life.startedAt : now;
  const termAt = now + drainMs;
  return {
    ...instance,
    life: { kind: "stopping", outcome, why, startedAt, termAt, killAt: termAt + stopMs, signalled: "none" },
  };
}

/** Remembers that the process group has been told to end. */
export const signalled = (instance: Instance, signal: "term" | "kill"): Instance =>
  instance.life.kind === "stopping" ? { ...instance, life: { ...instance.life, signalled: signal } } : instance;

/** Its launch was never finished, and nothing of it runs: it may be launched again. */
export const launchUndone = (instance: Instance, until: Instant, obstacle: string | null = null): Instance => ({
  ...instance,
  obstacle,
  process: null,
  port: null,
  life: { kind: "waiting", until },
});

export const gone = (instance: Instance): Instance => ({
  ...instance,
  process: null,
  port: null,
  life: { kind: "gone" },
});

export const isReady = ({ life }: Instance): boolean => life.kind === "done" || (life.kind === "running" && life.ready);

/** Whether it counts towards the wanted number: everything that is not on its way out. */
export const isKept = ({ life }: Instance): boolean =>
  life.kind !== "gone" && !(life.kind === "stopping" && life.outcome === "forget");
