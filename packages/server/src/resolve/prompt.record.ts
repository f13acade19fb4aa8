import {
  closedSplit,
  createDealer,
  createGuard,
  type Dealer,
  type PromptContent,
  type ResolveReason,
  type RouteObservation,
  type Split,
  same,
} from "@sluice/core";
import { type RevisionCounts, statsOf } from "./counts.ts";
import { type Prepared, prepare } from "./prepared.ts";
import type { Terms } from "./prompt.guard.ts";
import type { PromptRoute, RevisionContent } from "./resolve.store.ts";

/** What somebody is handed: a revision and why. */
export interface Resolution {
  revision: number;
  reason: ResolveReason;
}

const NO_COUNTS: RevisionCounts = new Map();

/** One prompt in memory, ready to be dealt out many times. Immutable but for what it keeps to answer faster. */
export class PromptRecord {
  readonly route: PromptRoute;
  /** In force, the guard's closing included; null while nothing serves. */
  readonly split: Split | null;
  readonly deal: Dealer;
  readonly #contents: ReadonlyMap<number, RevisionContent>;
  readonly #counts: ReadonlyMap<number, RevisionCounts>;
  readonly #prepared = new Map<string, Prepared>();

  constructor(
    route: PromptRoute,
    contents: ReadonlyMap<number, RevisionContent>,
    counts: ReadonlyMap<number, RevisionCounts>,
  ) {
    const { split, guard, pins } = route.desired;
    const closed = guard?.closes === true && route.guard?.report.closed != null ? guard : null;
    this.route = route;
    this.split = split !== null && closed !== null ? closedSplit(split, closed) : split;
    this.#contents = contents;
    this.#counts = counts;
    this.deal = createDealer({
      id: route.id,
      wished: split ?? [],
      split: this.split ?? [],
      pins,
      closed: closed?.candidate ?? null,
    });
  }

  get contents(): ReadonlyMap<number, RevisionContent> {
    return this.#contents;
  }

  get counts(): ReadonlyMap<number, RevisionCounts> {
    return this.#counts;
  }

  /** What a guard's period is made of. */
  get terms(): Terms {
    return { split: this.split ?? [], pins: this.route.desired.pins };
  }

  countsOf(revision: number): RevisionCounts {
    return this.#counts.get(revision) ?? NO_COUNTS;
  }

  versionOf(revision: number): string {
    return this.#contents.get(revision)?.version ?? "";
  }

  /** What a revision hands out: its version's content, with the revision's own parameters over the version's. */
  contentOf(revision: number): PromptContent | null {
    const found = this.#contents.get(revision);
    if (found === undefined || !("text" in found.spec || "messages" in found.spec)) return null;
    const { text, messages, model, parameters, variables, template } = found.spec;
    return { text, messages, model, parameters: { ...parameters, ...found.parameters }, variables, template };
  }

  /** The answer for a resolution, made once. */
  prepared({ revision, reason }: Resolution): Prepared | null {
    const key = `${revision} ${reason}`;
    const known = this.#prepared.get(key);
    if (known !== undefined) return known;
    const content = this.contentOf(revision);
    if (content === null) return null;
    const made = prepare(this.route, { revision, reason, version: this.versionOf(revision), content });
    this.#prepared.set(key, made);
    return made;
  }

  /** As the gateway says it of its routes; null while nothing serves. */
  observe(): RouteObservation | null {
    const { id, epoch, desired, guard } = this.route;
    if (this.split === null) return null;
    const watched = guard !== null && guard.hypothesis === desired.guard?.hypothesis ? guard : null;
    const revisions = new Set([...this.split.map(({ revision }) => revision), ...this.#counts.keys()]);
    return {
      id,
      epoch,
      split: this.split,
      usable: this.split.map(({ revision }) => ({ revision, endpoints: this.#contents.has(revision) ? 1 : 0 })),
      stats: [...revisions].map((revision) => statsOf(revision, this.countsOf(revision))),
      guard: watched?.report ?? (desired.guard === null ? null : createGuard(desired.guard).report()),
      counts: watched?.counts ?? null,
      shadow: null,
    };
  }

  /** Whether a rollout may care for the difference: counts alone change with every report. */
  differsFrom(other: PromptRecord): boolean {
    return (
      this.route.epoch !== other.route.epoch ||
      !same(this.split, other.split) ||
      (this.route.guard?.report.closed?.at ?? null) !== (other.route.guard?.report.closed?.at ?? null)
    );
  }
}
