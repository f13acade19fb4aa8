import {
  closedSplit,
  FULL_WEIGHT,
  type GuardReport,
  type GuardSnapshot,
  type RouteConfig,
  type RouteObservation,
  type Split,
  same,
} from "@sluice/core";
import { UpstreamRegistry } from "../endpoint/upstream.registry.ts";
import { GuardRunner } from "../guard/guard.runner.ts";
import type { MirrorBudget } from "../proxy/mirror.ts";
import { ShadowLedger } from "../shadow/shadow.ledger.ts";
import { RevisionCounters } from "../stats/revision.counters.ts";
import { Arm } from "./arm.ts";
import { CompiledRoute } from "./compiled.route.ts";
import { identityOf } from "./identity.ts";
import { previewConfigOf } from "./preview.ts";

/** What the guards of so many hypotheses of a route knew is remembered. */
const GUARDS_REMEMBERED = 16;

/** Counters of so many revisions are kept; the oldest that has no traffic goes first. */
const REVISIONS_COUNTED = 32;

/** Everything of a route that outlives one configuration: connections, counters, evidence. */
export class RouteRecord {
  readonly mirrorBudget: MirrorBudget = { inFlight: 0, gathered: 0, skipped: 0 };
  readonly #upstreams = new UpstreamRegistry();
  readonly #counters = new Map<number, RevisionCounters>();
  /** By hypothesis: what its guard knew last. Evidence and latch hold even if other hypotheses came between. */
  readonly #remembered = new Map<string, GuardSnapshot>();
  #guard: GuardRunner | null = null;
  /** Outlives its mirror, so that what it saw can still be asked for; goes when another hypothesis begins. */
  #shadow: ShadowLedger | null = null;
  #compiled: CompiledRoute;

  /** `guards`: what was on disk of this route's guards. */
  constructor(config: RouteConfig, guards: readonly GuardSnapshot[], now: number) {
    for (const snapshot of guards) this.#remember(snapshot);
    this.#compiled = this.apply(config, now);
  }

  get compiled(): CompiledRoute {
    return this.#compiled;
  }

  get guard(): GuardRunner | null {
    return this.#guard;
  }

  /** Where a copy's answer is compared with the real one; null when that is not wanted now. */
  get shadow(): ShadowLedger | null {
    return this.#compiled.config.compare == null ? null : this.#shadow;
  }

  get counters(): readonly RevisionCounters[] {
    return [...this.#counters.values()];
  }

  /** Endpoints that are held, ejected ones included. */
  get endpointCount(): number {
    return this.#upstreams.size;
  }

  /** Takes over a configuration. Requests in flight end on what they began with. */
  apply(config: RouteConfig, now: number): CompiledRoute {
    this.#takeGuard(config, now);
    const { compare = null } = config;
    if (compare !== null && !same(compare, this.#shadow?.options)) this.#shadow = new ShadowLedger(compare);
    this.#upstreams.sync(config.backends, config.timeouts.connectMs);
    return this.#compile(config, now);
  }

  /** One tick of the guard. Answers whether it closed the gate just now. */
  tick(now: number): boolean {
    if (this.#guard?.tick(now) !== true) return false;
    this.#compile(this.#compiled.config, now);
    return true;
  }

  observe(): RouteObservation {
    const { config, split, arms } = this.#compiled;
    return {
      id: config.id,
      epoch: config.epoch,
      split,
      usable: arms.map((arm) => ({ revision: arm.revision, endpoints: arm.usableCount })),
      stats: this.counters.map((counters) => counters.snapshot()),
      guard: this.guardReport(),
      counts: this.#guard?.counts() ?? null,
      shadow: this.#shadow?.report() ?? null,
    };
  }

  guardReport(): GuardReport | null {
    return this.#guard?.report() ?? null;
  }

  /** What must be on disk for the guards to go on after a restart. */
  guardSnapshots(): GuardSnapshot[] {
    const current = this.#guard?.snapshot();
    const others = [...this.#remembered.values()].filter(
      ({ config }) => config.hypothesis !== current?.config.hypothesis,
    );
    return current === undefined ? others : [...others, current];
  }

  /** Taken out: requests in flight end, then the connections go. */
  retire(): void {
    this.#upstreams.sync([], 0);
  }

  async destroy(): Promise<void> {
    await this.#upstreams.destroy();
  }

  #takeGuard(config: RouteConfig, now: number): void {
    const wanted = config.guard;
    if (wanted?.hypothesis === this.#guard?.config.hypothesis) return;
    this.#guard?.tick(now);
    if (this.#guard !== null) this.#remember(this.#guard.snapshot());
    if (wanted === null) {
      this.#guard = null;
      return;
    }
    const baseline = this.#counters.get(wanted.stable)?.latency.copy() ?? null;
    this.#guard = new GuardRunner(wanted, config, baseline, this.#remembered.get(wanted.hypothesis) ?? null, now);
  }

  #compile(config: RouteConfig, now: number): CompiledRoute {
    const guard = this.#guard;
    const closed = guard?.closes === true ? guard.config : null;
    const split: Split = closed === null ? config.split : closedSplit(config.split, closed);
    guard?.change({ split, pins: config.pins, mirror: config.mirror }, now);
    const weights = new Map(split.map(({ revision, weight }) => [revision, weight]));
    const arms = config.backends.map(
      (backend) =>
        new Arm({
          revision: backend.revision,
          weight: weights.get(backend.revision) ?? 0,
          upstreams: this.#upstreams.of(backend.revision),
          counters: this.#countersOf(backend.revision),
          window: windowOf(guard, backend.revision),
          identity: identityOf(config.id, backend),
        }),
    );
    const closedRevision = closed?.candidate ?? null;
    this.#compiled = new CompiledRoute(config, split, arms, closedRevision, this.#preview(config, closedRevision));
    return this.#compiled;
  }

  /** The candidate alone, at its own address; what comes there is chosen by the caller, so no guard counts it. */
  #preview(config: RouteConfig, closedRevision: number | null): CompiledRoute | null {
    const { preview = null } = config;
    if (preview === null || preview.revision === closedRevision) return null;
    const alone = previewConfigOf(config, preview);
    const arms = alone.backends.map(
      (backend) =>
        new Arm({
          revision: backend.revision,
          weight: FULL_WEIGHT,
          upstreams: this.#upstreams.of(backend.revision),
          counters: this.#countersOf(backend.revision),
          window: null,
          identity: identityOf(config.id, backend),
        }),
    );
    return new CompiledRoute(alone, alone.split, arms, null);
  }

  #countersOf(revision: number): RevisionCounters {
    const known = this.#counters.get(revision);
    if (known !== undefined) return known;
    for (const [old, counters] of this.#counters) {
      if (this.#counters.size < REVISIONS_COUNTED) break;
      if (counters.inFlight === 0) this.#counters.delete(old);
    }
    const counters = new RevisionCounters(revision);
    this.#counters.set(revision, counters);
    return counters;
  }

  #remember(snapshot: GuardSnapshot): void {
    this.#remembered.delete(snapshot.config.hypothesis);
    this.#remembered.set(snapshot.config.hypothesis, snapshot);
    for (const oldest of this.#remembered.keys()) {
      if (this.#remembered.size <= GUARDS_REMEMBERED) break;
      this.#remembered.delete(oldest);
    }
  }
}

function windowOf(guard: GuardRunner | null, revision: number) {
  if (guard === null) return null;
  if (revision === guard.config.candidate) return guard.period.candidate;
  return revision === guard.config.stable ? guard.period.stable : null;
}
