import type { ExhaustionFact, InstanceStatus, Instant, Runtime } from "@sluice/core";
import type { Logger } from "pino";
import type { Hints } from "./hints.ts";

/** Whose use of memory and processor is followed: the instances of one revision, against its limits. */
export interface Followed {
  deployment: string;
  revision: number;
  limits: { memoryMb: number | null; cpuCores: number | null };
  runtime: Pick<Runtime, "observe">;
}

export interface UsageWatch {
  /** Follows the candidate from now on, instead of what was followed of its deployment before. Ends unless it is said again. */
  follow(followed: Followed): void;
  forget(deployment: string): void;
  /** What core's rule makes of the last minute; null while every instance is within its limits, or nobody measures. */
  exhausted(deployment: string): ExhaustionFact | null;
  close(): Promise<void>;
}

type Sample = NonNullable<InstanceStatus["usage"]>;

interface Following extends Followed {
  saidAt: Instant;
  samples: Map<string, Sample[]>;
  exhausted: ExhaustionFact | null;
}

const EVERY_MS = 1_000;
/** Longer than the longest rule looks back. */
const KEPT_MS = 60_000;
/** A rollout is looked at far more often than this while it goes on; one that another server ended is not followed for ever. */
const FORGET_MS = 60_000;

/** Core's rule: what a revision's histories say, by instance, oldest measurement first. */
export type ExhaustionRule = (
  revision: number,
  histories: readonly { instance: string; samples: readonly Sample[] }[],
  limits: Followed["limits"],
) => ExhaustionFact | null;

interface UsageDeps {
  rule: ExhaustionRule;
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
export function createUsageWatch({ rule, hints, logger, now, every = EVERY_MS }: UsageDeps): UsageWatch {
  const following = new Map<string, Following>();
  let looking: Promise<void> = Promise.resolve();

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
    const histories = [...entry.samples].map(([instance, samples]) => ({ instance, samples }));
    entry.exhausted = rule(revision, histories, limits);
    if (before === null && entry.exhausted !== null) hints.changed(deployment);
  };

  const timer = setInterval(() => {
    looking = looking.then(async () => {
      for (const entry of [...following.values()]) {
        await look(entry).catch((error: unknown) =>
          logger.debug({ err: error, deployment: entry.deployment }, "the use of resources was not seen"),
        );
      }
    });
  }, every);

  return {
    follow(followed) {
      const known = following.get(followed.deployment);
      if (known !== undefined && known.revision === followed.revision) {
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
function withSample(samples: readonly Sample[], usage: Sample | null, now: Instant): Sample[] {
  const recent = samples.filter((sample) => now - sample.at <= KEPT_MS);
  const last = recent.at(-1);
  return usage === null || (last !== undefined && usage.at <= last.at) ? recent : [...recent, usage];
}
