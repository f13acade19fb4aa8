import { setTimeout as delay } from "node:timers/promises";
import { SluiceError } from "@sluice/core";
import type { KubeClient } from "@sluice/runtimes/kubernetes";
import type { Logger } from "pino";
import { heldLease, isFree, LEASE, type Lease, microTime, releasedLease, type Sighting, sighting } from "./lease.ts";

export interface ElectionOptions {
  client: Pick<KubeClient, "get" | "create" | "replace">;
  namespace: string;
  name: string;
  /** Unique among those that stand for election. */
  identity: string;
  /** For as long as we lead; the signal says that we do no longer. Awaited before the lease is given back. */
  lead(signal: AbortSignal): Promise<void>;
  logger: Pick<Logger, "info" | "warn">;
  onChange?(isLeader: boolean): void;
  timing?: Timing;
}

export interface Timing {
  /** How long a silent leader is waited for. */
  leaseSeconds: number;
  /** A leader that could not renew for so long stops by itself: less than the lease, so that two never lead at once. */
  renewSeconds: number;
  retrySeconds: number;
}

export const TIMING: Timing = { leaseSeconds: 15, renewSeconds: 10, retrySeconds: 2 };

/** Stands for election until the signal, again and again. Resolves when the lease is given back. */
export async function standForElection(options: ElectionOptions, signal: AbortSignal): Promise<void> {
  const { timing = TIMING, logger, identity } = options;
  let seen: Sighting | null = null;
  const attempt = async (): Promise<boolean> => {
    const { taken, sighted } = await take(options, seen);
    seen = sighted;
    return taken;
  };
  while (!signal.aborted) {
    const taken = await attempt().catch((error: unknown) => {
      logger.warn({ err: error }, "the lease could not be read or taken");
      return false;
    });
    if (taken) {
      logger.info({ identity }, "this operator leads");
      await leadOn(options, signal, attempt);
    } else await pause(timing.retrySeconds, signal);
  }
}

/** Leads until the signal, or until the lease is lost. */
async function leadOn(options: ElectionOptions, signal: AbortSignal, renew: () => Promise<boolean>): Promise<void> {
  const { timing = TIMING, lead, logger, onChange = () => undefined } = options;
  const lost = new AbortController();
  const leading = AbortSignal.any([signal, lost.signal]);
  onChange(true);
  const working = lead(leading).catch((error: unknown) => {
    logger.warn({ err: error }, "the leader's work has ended");
    lost.abort();
  });
  let renewedAt = performance.now();
  while (!leading.aborted) {
    await pause(timing.retrySeconds, leading);
    if (leading.aborted) break;
    const left = timing.renewSeconds * 1_000 - (performance.now() - renewedAt);
    const kept = await Promise.race([
      renew().then(
        (taken) => (taken ? "kept" : "lost"),
        (error: unknown) => (error instanceof SluiceError && error.code === "aborted" ? "lost" : "unknown"),
      ),
      delay(Math.max(0, left), "late", { signal: leading }).catch(() => "unknown"),
    ]);
    if (kept === "kept") renewedAt = performance.now();
    else if (kept !== "unknown" || performance.now() - renewedAt >= timing.renewSeconds * 1_000) lost.abort();
  }
  await working;
  onChange(false);
  if (lost.signal.aborted) logger.warn("this operator leads no longer");
  else await release(options).catch((error: unknown) => logger.warn({ err: error }, "the lease was not given back"));
}

async function take(
  { client, namespace, name, identity, timing = TIMING }: ElectionOptions,
  before: Sighting | null,
): Promise<{ taken: boolean; sighted: Sighting | null }> {
  const now = microTime(Date.now());
  const lease = await client.get<Lease>({ kind: LEASE, namespace, name });
  const held = { now, seconds: timing.leaseSeconds };
  if (lease === null) {
    const fresh = heldLease({ metadata: { name, namespace } }, identity, held);
    const made = { ...fresh, apiVersion: LEASE.apiVersion, kind: LEASE.kind };
    const created = await client.create<Lease>(LEASE, made).catch(ifRefused);
    return { taken: created !== null, sighted: created === null ? null : sighting(created, null, performance.now()) };
  }
  const sighted = sighting(lease, before, performance.now());
  if (!isFree(lease, identity, sighted, performance.now())) return { taken: false, sighted };
  const replaced = await client.replace<Lease>(LEASE, heldLease(lease, identity, held)).catch(ifRefused);
  return { taken: replaced !== null, sighted: replaced === null ? null : sighting(replaced, null, performance.now()) };
}

/** Somebody was faster. */
function ifRefused(error: unknown): null {
  if (error instanceof SluiceError && (error.code === "aborted" || error.code === "already_exists")) return null;
  throw error;
}

async function release({ client, namespace, name, identity }: ElectionOptions): Promise<void> {
  const lease = await client.get<Lease>({ kind: LEASE, namespace, name });
  if (lease?.spec?.holderIdentity !== identity) return;
  await client.replace<Lease>(LEASE, releasedLease(lease, microTime(Date.now()))).catch(ifRefused);
}

const pause = (seconds: number, signal: AbortSignal): Promise<void> =>
  delay(seconds * 1_000, undefined, { signal }).catch(() => undefined);
