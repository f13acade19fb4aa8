import type { Instant, RouteObservation } from "@sluice/core";
import type { Kysely } from "kysely";
import type { Logger } from "pino";
import { createOutageLog } from "../db/outage.log.ts";
import type { Database } from "../db/schema.ts";
import { type Evidence, nextSampleMs, type Reading, sampleOf } from "./sample.ts";
import {
  forgetOldSamples,
  insertSamples,
  type MovingRollout,
  movingRollouts,
  rolloutsOf,
  type Sampled,
} from "./series.store.ts";

interface RecorderOptions {
  db: Kysely<Database>;
  server: string;
  /** What the gateway says of a deployment's route; null while it says nothing. */
  route: (deployment: string) => RouteObservation | null;
  now: () => Instant;
  logger: Logger;
  /** Between two looks (ms). */
  everyMs?: number;
}

const SWEEP_MS = 3_600_000;
const KEPT_DAYS = 30;

/** Writes down how the traffic of every rollout goes, for whoever looks at it later or from the beginning. */
export function startRecorder(options: RecorderOptions): { close(): Promise<void> } {
  const { db, server, route, now, logger, everyMs = 1_000 } = options;
  const readings = new Map<string, Reading>();
  const outages = createOutageLog(logger);
  let sweptAt = now();

  /** What came since the last reading; null where there was none. */
  const sampled = ({ id, from, to }: MovingRollout, seen: RouteObservation, evidence: Evidence): Sampled | null => {
    const before = readings.get(id);
    const at = now();
    readings.set(id, { at, stats: seen.stats });
    if (before === undefined) return null;
    const sample = sampleOf(before, seen, { stable: from, candidate: to }, { at, ...evidence });
    return { rollout: id, at: new Date(at), sample };
  };

  const isDue = ({ id, begunAt }: MovingRollout, moving: number): boolean => {
    const before = readings.get(id);
    const age = now() - (begunAt?.getTime() ?? now());
    return before === undefined || now() - before.at >= nextSampleMs(age, moving);
  };

  const look = async (): Promise<void> => {
    const rollouts = await movingRollouts(db, server);
    const moving = new Set(rollouts.map(({ id }) => id));
    const ended = [...readings.keys()].filter((id) => !moving.has(id));
    const samples = [
      ...rollouts.map((rollout) => {
        const seen = route(rollout.deployment);
        if (seen === null || !isDue(rollout, rollouts.length)) return null;
        return sampled(rollout, seen, { guard: seen.guard?.logEvidence ?? null, judge: rollout.judge });
      }),
      ...(await rolloutsOf(db, ended)).map((rollout) => {
        const seen = route(rollout.deployment);
        // The gateway has another guard by then, or none: what this one said last is in the rollout.
        return seen && sampled(rollout, seen, rollout);
      }),
    ];
    for (const id of readings.keys()) if (!moving.has(id)) readings.delete(id);
    await insertSamples(
      db,
      samples.filter((one) => one !== null),
    );
    if (now() - sweptAt < SWEEP_MS) return;
    sweptAt = now();
    await forgetOldSamples(db, KEPT_DAYS);
  };

  let looking: Promise<void> = Promise.resolve();
  let isLooking = false;
  const timer = setInterval(() => {
    // A database that is slow is not asked for more.
    if (isLooking) return;
    isLooking = true;
    looking = look()
      .then(() => outages.worked())
      .catch((error: unknown) => outages.failed(error, "the course of traffic is not written down"))
      .finally(() => {
        isLooking = false;
      });
  }, everyMs);
  return {
    async close() {
      clearInterval(timer);
      await looking;
    },
  };
}
