import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { createGuard, FisherJudge, streamJudge } from "@sluice/core";
import type { GuardArrivals } from "../../packages/core/src/analysis/guard.arrivals.ts";
import {
  drawTick,
  guardConfig,
  HEALTHY,
  type Random,
  seeded,
} from "../../packages/core/src/analysis/traffic.testing.ts";

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

/** Events a second that one core judges, drawing them not counted. */
export interface Speed {
  name: string;
  eventsPerSecond: number;
}

const TICKS = 200;

/** Ticks of traffic in which the candidate is like stable, used again and again. */
const ticksOf = (random: Random, requests: number, weight: number): GuardArrivals[] =>
  Array.from({ length: TICKS }, () => drawTick(random, requests, weight, { candidate: HEALTHY, stable: HEALTHY }));

/** Runs `round` (of `events` events) for about `seconds` and says how many events that were a second. */
function measure(name: string, events: number, seconds: number, round: () => void): Speed {
  round();
  const start = performance.now();
  let rounds = 0;
  while (performance.now() - start < seconds * 1_000) {
    round();
    rounds += 1;
  }
  return { name, eventsPerSecond: (rounds * events * 1_000) / (performance.now() - start) };
}

export function speeds(seed: number, seconds: number): Speed[] {
  const random = seeded(seed);
  const guards = [50, 1_000, 10_000].map((requests) => {
    const ticks = ticksOf(random, requests, 1_000);
    const guard = createGuard(guardConfig());
    return measure(`guard, errors and latency, ${requests} requests a tick`, requests * TICKS, seconds, () => {
      for (const tick of ticks) guard.observe(tick, 0);
    });
  });
  const tables = ticksOf(random, 100, 1_000).map(({ candidate, stable }) => ({
    candidateErrors: candidate.errors,
    candidateRequests: candidate.requests,
    stableErrors: stable.errors,
    stableRequests: stable.requests,
  }));
  const fisher = new FisherJudge();
  const errors = measure("errors alone, 100 requests a batch", 100 * TICKS, seconds, () => {
    for (const table of tables) fisher.update(table);
  });
  const events = Array.from({ length: 50_000 }, () => ({
    arm: random() < 0.1 ? ("candidate" as const) : ("stable" as const),
    ok: random() >= 0.005,
    latencyMs: 20 * (0.5 + random()),
    score: null,
    weight: 10,
    stratum: "",
  }));
  const judge = streamJudge();
  const stream = measure("event by event (sluice judge stream), errors and latency", events.length, seconds, () => {
    for (const event of events) judge.observe(event);
  });
  return [...guards, errors, stream];
}

export interface Memory {
  /** KiB of heap for one rollout's guard, after so many events. */
  after: { events: number; kibibytes: number }[];
}

/** Heap of one of many guards, young and old: it must not grow with what was seen. */
export function memory(seed: number, guardCount: number): Memory {
  const tick = ticksOf(seeded(seed), 1_000, 1_000);
  const before = heap();
  const guards = Array.from({ length: guardCount }, () => createGuard(guardConfig()));
  let fed = 0;
  const after = [10, 100, 400].map((ticks) => {
    for (; fed < ticks; fed += 1) {
      const arrivals = tick[fed % tick.length];
      if (arrivals !== undefined) for (const guard of guards) guard.observe(arrivals, 0);
    }
    return { events: ticks * 1_000, kibibytes: (heap() - before) / guards.length / 1_024 };
  });
  return { after };
}

function heap(): number {
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
