import type { Backend } from "@sluice/core";
import { Upstream } from "./upstream.ts";

/**
 * The upstreams of one route. An endpoint that stays in the configuration keeps its connections and its state; one that
 * leaves is drained, and comes back fresh.
 */
export class UpstreamRegistry {
  readonly #byRevision = new Map<number, Map<string, Upstream>>();

  /** Makes the set be as in `backends`. Answers what is usable by revision is read through `of`. */
  sync(backends: readonly Backend[], connectMs: number): void {
    const wanted = new Map(backends.map(({ revision, endpoints }) => [revision, endpoints]));
    for (const [revision, upstreams] of this.#byRevision) {
      const keys = new Set((wanted.get(revision) ?? []).map((endpoint) => keyOf(endpoint, connectMs)));
      for (const [key, upstream] of upstreams) {
        if (keys.has(key)) continue;
        upstreams.delete(key);
        void upstream.close();
      }
      if (!wanted.has(revision)) this.#byRevision.delete(revision);
    }
    for (const [revision, endpoints] of wanted) {
      const upstreams = this.#byRevision.get(revision) ?? new Map<string, Upstream>();
      this.#byRevision.set(revision, upstreams);
      for (const endpoint of endpoints) {
        const key = keyOf(endpoint, connectMs);
        if (!upstreams.has(key)) upstreams.set(key, new Upstream(endpoint, connectMs));
      }
    }
  }

  of(revision: number): Upstream[] {
    return [...(this.#byRevision.get(revision)?.values() ?? [])];
  }

  get size(): number {
    let size = 0;
    for (const upstreams of this.#byRevision.values()) size += upstreams.size;
    return size;
  }

  async destroy(): Promise<void> {
    const all = [...this.#byRevision.values()].flatMap((upstreams) => [...upstreams.values()]);
    this.#byRevision.clear();
    await Promise.all(all.map((upstream) => upstream.destroy()));
  }
}

const keyOf = (endpoint: { id: string; host: string; port: number }, connectMs: number): string =>
  `${endpoint.id} ${endpoint.host} ${endpoint.port} ${connectMs}`;
