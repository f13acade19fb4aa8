import {
  type ExhaustionFact,
  exhaustionOf,
  type Instant,
  type ResourceLimits,
  type Runtime,
  same,
  type UsageSample,
} from "@sluice/core";
import type { Logger } from "pino";
import type { Hints } from "./hints.ts";

/** Whose use of memory and processor is followed: the instances of one revision, against its limits. */
export interface Followed {
  deployment: string;
  revision: number;
  limits: ResourceLimits;
  runtime: Pick<Runtime, "observe">;
}

export interface UsageWatch {
  /**
   * Follows the candidate from now on, instead of what was followed of its deployment before; against other limits the
   * history begins anew. Ends unless it is said again.
   */
  follow(followed: Followed): void;
  forget(deployment: string): void;
  /** What core's rule makes of the last minute; null while every instance is within its limits, or nobody measures. */
  exhausted(deployment: string): ExhaustionFact | null;
  close(): Promise<void>;
}

interface Following extends Followed {
  saidAt: Instant;
  samples: Map<string, UsageSample[]>;
  exhausted: ExhaustionFact | null;
}

const EVERY_MS = 1_000;
/** Longer than the longest rule looks back. */
const KEPT_MS = 60_000;
/** A rollout is looked at far more often than this while it goes on; one that another server ended is not followed for ever. */
const FORGET_MS = 60_000;

interface UsageDeps {
  hints: Pick<Hints, "changed">;
  logger: Logger;
  now: () => Instant;
  /** Milliseconds between two looks. */
  every?: number;
}

/**
 * A short history of what candidates use, in memory only: a look every second needs no database, and the deployment is woken
 * when a limit has been broken for long enough. After a restart the history begins anew.
 */
export function createUsageWatch({ hints, logger, now, every = EVERY_MS }: UsageDeps): UsageWatch {
  const following = new Map<string, Following>();
  let looking: Promise<void> | null = null;

  const look = async (entry: Following): Promise<void> => {
    const at = now();
    const { deployment, revision, limits } = entry;
    if (at - entry.saidAt > FORGET_MS) {
      following.delete(deployment);
      return;
    }
    const statuses = await entry.runtime.observe(deployment);
    const instances = statuses.filter((status) => status.revision === revision).flatMap((status) => status.instances);
    entry.samples = new Map(
      instances.flatMap((instance) => {
        const samples = withSample(entry.samples.get(instance.id) ?? [], instance.usage ?? null, at);
        return samples.length === 0 ? [] : [[instance.id, samples]];
      }),
    );
    const before = entry.exhausted;
    const histories = [...entry.samples].map(([id, samples]) => ({ id, samples }));
    entry.exhausted = exhaustionOf(revision, histories, limits);
    if (before === null && entry.exhausted !== null) hints.changed(deployment);
  };

  const lookAtAll = async (): Promise<void> => {
    for (const entry of [...following.values()]) {
      await look(entry).catch((error: unknown) =>
        logger.debug({ err: error, deployment: entry.deployment }, "the use of resources was not seen"),
      );
    }
  };

  const timer = setInterval(() => {
    // One that takes longer than the interval is not joined by others that wait for it.
    looking ??= lookAtAll().finally(() => {
      looking = null;
    });
  }, every);

  return {
    follow(followed) {
      const known = following.get(followed.deployment);
      if (known !== undefined && known.revision === followed.revision && same(known.limits, followed.limits)) {
        known.saidAt = now();
        return;
      }
      following.set(followed.deployment, { ...followed, saidAt: now(), samples: new Map(), exhausted: null });
    },
    forget: (deployment) => void following.delete(deployment),
    exhausted: (deployment) => following.get(deployment)?.exhausted ?? null,
    async close() {
      clearInterval(timer);
      await looking;
    },
  };
}

/** The history with a new measurement at its end, if there is one. */
function withSample(samples: readonly UsageSample[], usage: UsageSample | null, now: Instant): UsageSample[] {
  const recent = samples.filter((sample) => now - sample.at <= KEPT_MS);
  const last = recent.at(-1);
  return usage === null || (last !== undefined && usage.at <= last.at) ? recent : [...recent, usage];
}
