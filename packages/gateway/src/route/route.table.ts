import { type GuardSnapshot, type RouteConfig, type RouteObservation, SluiceError } from "@sluice/core";
import { previewConfigOf } from "./preview.ts";
import { RouteIndex } from "./route.index.ts";
import { RouteRecord } from "./route.record.ts";

/** Epochs of so many removed routes are remembered, so that a late writer cannot bring them back. */
const REMOVED_REMEMBERED = 10_000;

/** What must survive a restart. */
export interface TableState {
  routes: { config: RouteConfig; guards: GuardSnapshot[] }[];
  removed: [id: string, epoch: number][];
}

/** All routes. One index serves every request; a change swaps it whole. */
export class RouteTable {
  readonly #records = new Map<string, RouteRecord>();
  readonly #removed = new Map<string, number>();
  #index = new RouteIndex();

  get index(): RouteIndex {
    return this.#index;
  }

  get records(): ReadonlyMap<string, RouteRecord> {
    return this.#records;
  }

  /**
   * Takes over a route's configuration; the same one again changes nothing. Throws `aborted` when its epoch is lower
   * than the one in force, `already_exists` when another route, or its preview, matches exactly the same requests.
   */
  apply(config: RouteConfig, now: number): RouteObservation {
    this.#fence(config.id, config.epoch);
    this.#refuseTaken(config);
    const known = this.#records.get(config.id);
    if (known === undefined) this.#records.set(config.id, new RouteRecord(config, [], now));
    else known.apply(config, now);
    this.#removed.delete(config.id);
    this.#reindex();
    return this.observe(config.id);
  }

  /** Takes a route away; its requests in flight end. Unknown routes are fine. Throws `aborted` for a lower epoch. */
  remove(id: string, epoch: number | null): void {
    const record = this.#records.get(id);
    if (epoch !== null) this.#fence(id, epoch);
    const last = Math.max(epoch ?? 0, record?.compiled.config.epoch ?? 0, this.#removed.get(id) ?? 0);
    this.#removed.delete(id);
    this.#removed.set(id, last);
    for (const oldest of this.#removed.keys()) {
      if (this.#removed.size <= REMOVED_REMEMBERED) break;
      this.#removed.delete(oldest);
    }
    if (record === undefined) return;
    this.#records.delete(id);
    this.#reindex();
    record.retire();
  }

  /** Throws `not_found`. */
  observe(id: string): RouteObservation {
    const record = this.#records.get(id);
    if (record === undefined) throw new SluiceError("not_found", `there is no route ${id}`);
    return record.observe();
  }

  /** One tick of every guard. Answers the routes whose gate closed just now; their traffic has moved already. */
  tick(now: number): RouteObservation[] {
    const closed: RouteObservation[] = [];
    for (const record of this.#records.values()) if (record.tick(now)) closed.push(record.observe());
    if (closed.length > 0) this.#reindex();
    return closed;
  }

  get guarded(): boolean {
    for (const record of this.#records.values()) if (record.guard !== null) return true;
    return false;
  }

  state(): TableState {
    return {
      routes: [...this.#records.values()].map((record) => ({
        config: record.compiled.config,
        guards: record.guardSnapshots(),
      })),
      removed: [...this.#removed],
    };
  }

  /** Begins with what was on disk. */
  restore(state: TableState, now: number): void {
    for (const { config, guards } of state.routes) this.#records.set(config.id, new RouteRecord(config, guards, now));
    for (const [id, epoch] of state.removed) this.#removed.set(id, epoch);
    this.#reindex();
  }

  async destroy(): Promise<void> {
    await Promise.all([...this.#records.values()].map((record) => record.destroy()));
  }

  #fence(id: string, epoch: number): void {
    const applied = this.#records.get(id)?.compiled.config.epoch ?? this.#removed.get(id);
    if (applied === undefined || epoch >= applied) return;
    throw new SluiceError("aborted", `route ${id}: epoch ${epoch} is older than ${applied}, which is in force`);
  }

  #refuseTaken(config: RouteConfig): void {
    const wanted = new Set(matchKeys(config));
    for (const { compiled } of this.#records.values()) {
      if (compiled.id === config.id || !matchKeys(compiled.config).some((key) => wanted.has(key))) continue;
      const { deployment } = compiled.config;
      throw new SluiceError("already_exists", `route ${config.id}: ${deployment} (${compiled.id}) has the same match`);
    }
  }

  #reindex(): void {
    const compiled = [...this.#records.values()].map((record) => record.compiled);
    this.#index = new RouteIndex(
      compiled.flatMap((route) => (route.preview === null ? route : [route, route.preview])),
    );
  }
}

/** What no two routes may share: a route's own match, and that of its preview. */
function matchKeys(config: RouteConfig): string[] {
  const { preview = null } = config;
  return preview === null ? [matchKey(config)] : [matchKey(config), matchKey(previewConfigOf(config, preview))];
}

function matchKey({ match }: RouteConfig): string {
  const sorted = (record: Record<string, string> = {}): [string, string][] =>
    Object.entries(record).sort(([left], [right]) => (left < right ? -1 : 1));
  const path = match.path.replace(/\/+$/, "");
  return JSON.stringify([match.host ?? null, path, sorted(match.headers), sorted(match.cookies)]);
}
