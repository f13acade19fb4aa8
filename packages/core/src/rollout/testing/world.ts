import type { GuardReport } from "../../analysis/guard.types.ts";
import { FULL_WEIGHT, type Split, weightOf } from "../../traffic/split.ts";
import type { InstancesFact } from "../facts.ts";
import type { DesiredState } from "../rollout.ts";
import { guardReport } from "./fixtures.ts";

/** Ticks from an order to a ready instance. */
const START_TICKS = 3;
const REQUESTS_PER_TICK = 40;

interface Group {
  desired: number;
  /** Per instance, ticks until it is ready. */
  startsIn: number[];
}

/** A simulated runtime: instances take time to be ready, fail, and are restarted; broken revisions never get ready. */
export class SimulatedRuntime {
  readonly groups = new Map<number, Group>();
  readonly broken = new Set<number>();

  setInstances(revision: number, replicas: number): void {
    const group = this.groups.get(revision) ?? { desired: 0, startsIn: [] };
    const startsIn = Array.from({ length: replicas }, (_, index) => group.startsIn[index] ?? START_TICKS);
    this.groups.set(revision, { desired: replicas, startsIn });
  }

  remove(revision: number): void {
    this.groups.delete(revision);
  }

  kill(revision: number, count: number): void {
    const group = this.groups.get(revision);
    if (group !== undefined) group.startsIn = group.startsIn.map((left, index) => (index < count ? START_TICKS : left));
  }

  tick(): void {
    for (const [revision, group] of this.groups) {
      group.startsIn = group.startsIn.map((left) => (this.broken.has(revision) ? START_TICKS : Math.max(0, left - 1)));
    }
  }

  ready(revision: number): number {
    return this.groups.get(revision)?.startsIn.filter((left) => left === 0).length ?? 0;
  }

  observe(revision: number | null): InstancesFact | null {
    const group = revision === null ? undefined : this.groups.get(revision);
    if (revision === null || group === undefined) return null;
    const ready = this.ready(revision);
    const verdict = ready >= group.desired ? "available" : "progressing";
    return { revision, desired: group.desired, ready, present: group.startsIn.length, verdict, reason: null };
  }
}

export interface Config {
  epoch: number;
  desired: DesiredState;
  stable: number;
  /** Whether the guard may act, or only report. */
  closes: boolean;
}

/** A simulated gateway: applies configurations late, never an older one, and its guard may close the gate alone. */
export class SimulatedGateway {
  config: Config | null = null;
  reachable = true;
  delay = 0;
  samples = { stable: 0, candidate: 0 };
  private closed: string | null = null;
  private incoming: { config: Config; in: number }[] = [];

  send(config: Config): void {
    if (this.reachable) this.incoming.push({ config, in: this.delay });
  }

  /** Whether the guard had anything to close. */
  closeGuard(): boolean {
    const hypothesis = this.config?.desired.guard ?? null;
    if (hypothesis === null) return false;
    this.closed = hypothesis;
    return true;
  }

  tick(): void {
    for (const entry of this.incoming) entry.in -= 1;
    const due = this.incoming.filter((entry) => entry.in < 0).map((entry) => entry.config);
    this.incoming = this.incoming.filter((entry) => entry.in >= 0);
    for (const config of due) {
      if (config.epoch < (this.config?.epoch ?? 0)) continue;
      if (config.desired.guard !== this.config?.desired.guard) this.samples = { stable: 0, candidate: 0 };
      this.config = config;
    }
    const split = this.split;
    if (split === null || this.config === null) return;
    if (weightOf(split, this.config.stable) > 0) this.samples.stable += REQUESTS_PER_TICK;
    const pinned = this.config.desired.pins.length > 0;
    if (pinned || weightOf(split, this.config.stable) < FULL_WEIGHT) this.samples.candidate += REQUESTS_PER_TICK;
  }

  /** In force, the guard's closing included. */
  get split(): Split | null {
    if (this.config === null || this.config.desired.split === null) return null;
    const isClosed = this.config.closes && this.closed !== null && this.closed === this.config.desired.guard;
    return isClosed ? [{ revision: this.config.stable, weight: FULL_WEIGHT }] : this.config.desired.split;
  }

  get report(): GuardReport | null {
    const hypothesis = this.config?.desired.guard ?? null;
    if (hypothesis === null) return null;
    return guardReport(this.closed === hypothesis ? "worse than stable" : null, hypothesis);
  }
}
