import type { Weight } from "@sluice/core";
import type { Upstream } from "../endpoint/upstream.ts";
import type { ArmWindow } from "../guard/guard.window.ts";
import type { RevisionCounters } from "../stats/revision.counters.ts";

/** One revision behind one route, as of one configuration. */
export class Arm {
  readonly revision: number;
  /** The value of `X-Sluice-Revision`. */
  readonly label: string;
  readonly weight: Weight;
  readonly upstreams: readonly Upstream[];
  /** Headers that tell the instance what it is, as a flat list. */
  readonly identity: readonly string[];
  readonly counters: RevisionCounters;
  /** Where the guard counts what was chosen by weight; null when no guard watches this revision. */
  readonly window: ArmWindow | null;
  #next = 0;

  constructor(options: {
    revision: number;
    weight: Weight;
    upstreams: readonly Upstream[];
    counters: RevisionCounters;
    window: ArmWindow | null;
    identity?: readonly string[];
  }) {
    this.revision = options.revision;
    this.label = String(options.revision);
    this.weight = options.weight;
    this.upstreams = options.upstreams;
    this.identity = options.identity ?? [];
    this.counters = options.counters;
    this.window = options.window;
  }

  get usable(): boolean {
    for (const upstream of this.upstreams) if (!upstream.ejected) return true;
    return false;
  }

  get usableCount(): number {
    return this.upstreams.reduce((count, upstream) => count + (upstream.ejected ? 0 : 1), 0);
  }

  /** Whether a usable endpoint is left that has not been tried. */
  hasOther(tried: readonly Upstream[]): boolean {
    return this.upstreams.some((upstream) => !upstream.ejected && !tried.includes(upstream));
  }

  /** The usable endpoint with the fewest requests in flight, taking turns among equals; null when there is none. */
  pick(tried: readonly Upstream[] | null): Upstream | null {
    const { upstreams } = this;
    const count = upstreams.length;
    const first = this.#next >= count ? 0 : this.#next;
    let best: Upstream | null = null;
    let bestAt = first;
    for (let step = 0; step < count; step += 1) {
      const position = first + step < count ? first + step : first + step - count;
      const upstream = upstreams[position];
      if (upstream === undefined || upstream.ejected || tried?.includes(upstream)) continue;
      if (best === null || upstream.inFlight < best.inFlight) {
        best = upstream;
        bestAt = position;
        if (upstream.inFlight === 0) break;
      }
    }
    this.#next = bestAt + 1;
    return best;
  }
}
