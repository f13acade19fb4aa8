import type { Kysely } from "kysely";
import type pg from "pg";
import type { Logger } from "pino";
import { createOutageLog, type OutageLog } from "../db/outage.log.ts";
import type { Database } from "../db/schema.ts";
import { routedRevisions } from "../routing/route.store.ts";
import { listenTo } from "./listener.ts";
import { PromptRecord } from "./prompt.record.ts";
import { PromptTable } from "./prompt.table.ts";
import { loadContents, loadCounts, loadPrompts, type PromptRoute } from "./resolve.store.ts";
import { createTally, type Tally } from "./tally.ts";

/** What prompts are dealt out by, in the memory of this server. */
export interface Resolver {
  readonly prompts: PromptTable;
  readonly tally: Tally;
  /** Reads these prompts again, or all of them; one reading at a time. */
  refresh(ids?: readonly string[]): Promise<void>;
  /** Reads everything, and from then on whatever changes. Answers how to end that. */
  follow(pool: pg.Pool, logger: Logger): Promise<() => Promise<void>>;
  /** Whether what is in memory follows the database; otherwise whoever asks must refresh. */
  readonly following: boolean;
  /** Something about a prompt's traffic changed that its rollout may care for. */
  onChange(listener: (deployment: string) => void): () => void;
}

const CHANNEL = "sluice_resolver";
/** What changes in a bunch is read once (ms). */
const DEBOUNCE_MS = 25;
const RETRY_MS = 500;
/** A change of which nobody heard is found after this long (ms). */
const SWEEP_MS = 10_000;

/**
 * The data plane of prompts. It deals by what is on disk and by nothing else: every server of a database deals alike, a restart
 * forgets nothing, and without the database everybody goes on with what was read last.
 */
export function createResolver(db: Kysely<Database>): Resolver {
  const prompts = new PromptTable();
  const tally = createTally(db);
  const listeners = new Set<(deployment: string) => void>();
  let dirty = new Set<string>();
  let everything = false;
  let timer: NodeJS.Timeout | null = null;
  let following = false;
  // A slow reading must not write over a later one.
  let turn: Promise<unknown> = Promise.resolve();

  const read = async (ids?: readonly string[]): Promise<void> => {
    const routes = await loadPrompts(db, ids);
    const counts = await loadCounts(
      db,
      routes.map(({ id }) => id),
    );
    const present = new Set(routes.map(({ id }) => id));
    for (const id of ids ?? prompts.ids()) if (!present.has(id)) replace(id, null);
    for (const route of routes) {
      const contents = await contentsOf(route);
      replace(route.id, new PromptRecord(route, contents, counts.get(route.id) ?? new Map()));
    }
  };

  /** Of the revisions that are dealt; those that are in memory are not read again, since they never change. */
  const contentsOf = async (route: PromptRoute) => {
    const known = prompts.byId(route.id)?.contents;
    const wanted = routedRevisions(route);
    const missing = wanted.filter((revision) => known?.has(revision) !== true);
    const loaded = await loadContents(db, route.id, missing);
    return new Map(
      wanted.flatMap((revision) => {
        const content = known?.get(revision) ?? loaded.get(revision);
        return content === undefined ? [] : [[revision, content] as const];
      }),
    );
  };

  const replace = (id: string, record: PromptRecord | null): void => {
    const before = prompts.byId(id);
    prompts.replace(id, record);
    const same = record !== null && before !== null ? !record.differsFrom(before) : record === before;
    if (!same) for (const listener of listeners) listener(id);
  };

  const refresh = (ids?: readonly string[]): Promise<void> => {
    const reading = turn.then(() => read(ids));
    turn = reading.catch(() => undefined);
    return reading;
  };

  const schedule = (delay: number, outages: OutageLog): void => {
    if (timer !== null || !following) return;
    timer = setTimeout(() => {
      timer = null;
      const ids = everything ? undefined : [...dirty];
      dirty = new Set();
      everything = false;
      refresh(ids).then(outages.worked, (error: unknown) => {
        outages.failed(error, "prompts could not be read; those in memory are dealt meanwhile");
        if (ids === undefined) everything = true;
        else for (const id of ids) dirty.add(id);
        schedule(RETRY_MS, outages);
      });
    }, delay);
  };

  const allAreDirty = (outages: OutageLog): void => {
    everything = true;
    schedule(DEBOUNCE_MS, outages);
  };

  return {
    prompts,
    tally,
    refresh,
    get following() {
      return following;
    },
    async follow(pool, logger) {
      following = true;
      const outages = createOutageLog(logger);
      const listener = listenTo({
        pool,
        channel: CHANNEL,
        said: (id) => {
          dirty.add(id);
          schedule(DEBOUNCE_MS, outages);
        },
        connected: () => allAreDirty(outages),
        logger,
      });
      const sweep = setInterval(() => allAreDirty(outages), SWEEP_MS);
      sweep.unref();
      const endTally = tally.keep(logger);
      await refresh();
      return async () => {
        following = false;
        clearInterval(sweep);
        if (timer !== null) clearTimeout(timer);
        timer = null;
        await listener.close();
        await turn;
        await endTally();
      };
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
