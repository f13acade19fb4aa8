import { setTimeout as sleep } from "node:timers/promises";
import { type Json, SluiceError } from "@sluice/core";
import type { RuntimeLogger } from "../../supervision/policy.ts";
import { LABELS } from "../names.ts";
import type { ChartRelease } from "./chart.values.ts";
import type { Helm, Release, ReleaseRef } from "./helm.ts";
import { nextAct, type ReleaseObjects, type Wish } from "./release.plan.ts";

/** What somebody wants of a release. */
export type Wanted = { type: "present"; release: ChartRelease } | { type: "absent" };

/** A release that is being worked on, or that helm could not bring about. */
export interface Work {
  ref: ReleaseRef;
  wanted: Wanted;
  /** Null: helm is at it, or will be in a moment. */
  failure: SluiceError | null;
}

export interface Releases {
  /** Returns at once: helm works beside, one command at a time for each release, and the last wish counts. */
  want(ref: ReleaseRef, wanted: Wanted): void;
  /** Null: nothing is under way, and the last wish came true. */
  work(ref: ReleaseRef): Work | null;
  all(): Work[];
  /** Begins nothing any more. What helm is at goes on. */
  close(): void;
}

export interface ReleasesOptions {
  helm: Helm;
  /** As far as the cluster's objects are known. */
  objectsOf: (ref: ReleaseRef) => ReleaseObjects;
  changed: (ref: ReleaseRef) => void;
  /** helm has applied everything of it anew. */
  applied?: (ref: ReleaseRef) => void;
  clock: () => number;
  logger: RuntimeLogger;
  /** See `nextAct`. */
  patienceMs?: number;
  /** After a failure the same is tried again, later each time; what will hardly pass at the latest pace. */
  retryMs?: { first: number; most: number };
  /** Between two looks at what somebody else is at. */
  lookMs?: number;
}

interface Job extends Work {
  running: boolean;
  failures: number;
  /** Ends what helm is at when it is no longer wanted. */
  over: AbortController;
}

export function createReleases(options: ReleasesOptions): Releases {
  const { helm, objectsOf, changed, applied = () => undefined, clock, logger } = options;
  const { patienceMs = 60_000, retryMs = { first: 2_000, most: 60_000 }, lookMs = 1_000 } = options;
  const jobs = new Map<string, Job>();
  const closed = new AbortController();

  /** Brings about what is wanted. Throws what helm says when it cannot; what was begun is taken back then. */
  const achieve = async (ref: ReleaseRef, wanted: Wanted, signal: AbortSignal): Promise<void> => {
    if (wanted.type === "absent") return helm.uninstall(ref);
    const { release } = wanted;
    for (;;) {
      const found = await helm.status(ref);
      refuseStranger(ref, found, release);
      const act = nextAct(wishOf(release), { release: found, objects: objectsOf(ref), now: clock(), patienceMs });
      switch (act.type) {
        case "done":
          return;
        case "wait":
          await sleep(lookMs, undefined, { signal });
          break;
        case "uninstall":
        case "rollback":
          logger.warn({ ...ref, because: act.because }, `helm ${act.type}`);
          await takeBack(ref, act.type);
          break;
        default:
          await attempt(ref, act.type, release, signal);
          return;
      }
    }
  };

  const attempt = async (
    ref: ReleaseRef,
    type: "install" | "upgrade" | "adjust",
    release: ChartRelease,
    signal: AbortSignal,
  ): Promise<void> => {
    const { chart, values, labels, secrets } = release;
    const given = { chart, values, labels, secrets, signal };
    try {
      if (type === "install") await helm.install(ref, given);
      else if (type === "upgrade") await helm.upgrade(ref, given);
      else await helm.adjust(ref, { chart, values: scaledTo(release), signal });
      applied(ref);
    } catch (error) {
      // Somebody else wants something else of it by now, and begins with what is there.
      if (!signal.aborted) await takeBack(ref, type === "install" ? "uninstall" : "rollback").catch(() => undefined);
      throw error;
    }
  };

  /** A release that was never deployed has nothing to go back to. */
  const takeBack = async (ref: ReleaseRef, how: "uninstall" | "rollback"): Promise<void> => {
    if (how === "uninstall") return helm.uninstall(ref);
    await helm.rollback(ref).catch(async (error: unknown) => {
      if (!(error instanceof SluiceError) || !error.message.includes("has no deployed releases")) throw error;
      await helm.uninstall(ref);
    });
  };

  const run = async (key: string, job: Job): Promise<void> => {
    job.running = true;
    while (!closed.signal.aborted) {
      const { wanted, over } = job;
      const failure = await achieve(job.ref, wanted, over.signal).then(
        () => null,
        (error: unknown) => toFailure(error, job.ref),
      );
      if (job.wanted !== wanted) continue;
      job.failure = failure;
      changed(job.ref);
      if (failure === null) break;
      job.failures += 1;
      logger.warn({ ...job.ref, err: failure }, "helm could not bring a release about");
      await sleep(pauseAfter(failure, job.failures), undefined, { signal: over.signal, ref: false }).catch(
        () => undefined,
      );
    }
    job.running = false;
    if (job.failure === null) jobs.delete(key);
  };

  const pauseAfter = ({ code }: SluiceError, failures: number): number =>
    code === "unavailable" ? Math.min(retryMs.most, retryMs.first * 2 ** (failures - 1)) : retryMs.most;

  return {
    want(ref, wanted) {
      const key = keyOf(ref);
      const known = jobs.get(key);
      if (known !== undefined && isSame(known.wanted, wanted)) return;
      const job: Job = known ?? {
        ref,
        wanted,
        failure: null,
        failures: 0,
        running: false,
        over: new AbortController(),
      };
      // Anything but going away lets helm finish first: it is a matter of seconds.
      if (wanted.type === "absent" || job.failure !== null) job.over.abort();
      Object.assign(job, { wanted, failure: null, failures: 0, over: new AbortController() });
      jobs.set(key, job);
      if (!job.running) void run(key, job);
    },
    work: (ref) => jobs.get(keyOf(ref)) ?? null,
    all: () => [...jobs.values()],
    close: () => closed.abort(),
  };
}

const keyOf = ({ namespace, name }: ReleaseRef): string => `${namespace}/${name}`;

const wishOf = ({ digest, replicas }: ChartRelease): Wish => ({ digest, replicas });

function isSame(one: Wanted, other: Wanted): boolean {
  if (one.type === "present" && other.type === "present")
    return one.release.digest === other.release.digest && one.release.replicas === other.release.replicas;
  return one.type === other.type;
}

/** What differs between two numbers of instances. */
const scaledTo = ({ replicas, values: { deploymentAnnotations = {} } }: ChartRelease): Record<string, Json> => ({
  replicaCount: replicas,
  deploymentAnnotations,
});

/** A release of that name that is not ours is never touched (edge case 44). */
function refuseStranger(ref: ReleaseRef, found: Release | null, { labels }: ChartRelease): void {
  const owner = found?.labels[LABELS.deployment];
  if (found === null || owner === labels[LABELS.deployment]) return;
  const whose = owner === undefined ? "was not made by Sluice" : `belongs to deployment ${owner}`;
  throw new SluiceError("failed_precondition", `release ${keyOf(ref)}: exists and ${whose}; Sluice does not touch it`);
}

const toFailure = (error: unknown, ref: ReleaseRef): SluiceError =>
  error instanceof SluiceError
    ? error
    : new SluiceError(
        "unavailable",
        `release ${keyOf(ref)}: ${error instanceof Error ? error.message : String(error)}`,
        {
          cause: error,
        },
      );
