import {
  describeFigure,
  figureOf,
  type Instant,
  type Look,
  QUIET,
  type ThresholdState,
  watchThreshold,
} from "@sluice/core";
import type { Kysely } from "kysely";
import type pg from "pg";
import type { Logger } from "pino";
import type { Database } from "../db/schema.ts";
import type { Capacity } from "../engine/checks.ts";
import { createClaims } from "../engine/claims.ts";
import type { Live } from "../engine/live.ts";
import { appendEvents } from "../event/event.store.ts";
import {
  beginBreach,
  breachesOf,
  endBreach,
  keyOf,
  type Watched,
  type WatchedDeployment,
  watchedDeployments,
} from "./threshold.store.ts";

interface WatcherDeps {
  db: Kysely<Database>;
  pool: pg.Pool;
  live: Pick<Live, "route" | "observe">;
  /** Of the machine: the limit of an instance that has none of its own. */
  capacity: Capacity;
  logger: Logger;
  now: () => Instant;
}

/** What this server knows of a deployment that it watches. */
interface Following {
  looks: Look[];
  states: Map<string, { of: Omit<Watched, "threshold">; state: ThresholdState }>;
  giveBack: () => Promise<void>;
}

const EVERY_MS = 1_000;
/** Figures of traffic are of this long. */
const WINDOW_MS = 10_000;

/**
 * Looks about once a second at every live deployment that a channel wants watched. The server that sees a deployment's instances or
 * route watches it, one at a time (an advisory lock, as for reconciles). What it is beyond is on disk, with the event that says so in
 * the same transaction: a restart neither forgets nor repeats it. How long something has been so is in memory, and begins anew.
 */
export function startThresholdWatcher(deps: WatcherDeps): { close(): Promise<void> } {
  const { db, pool, live, logger, now } = deps;
  const claims = createClaims(pool, logger);
  const following = new Map<string, Following>();
  let closed = false;
  let timer: NodeJS.Timeout | null = null;

  const follow = async (id: string): Promise<Following | null> => {
    const known = following.get(id);
    if (known !== undefined) return known;
    const giveBack = await claims.take(`thresholds:${id}`);
    if (giveBack === null) return null;
    const states = (await breachesOf(db, id)).map(
      (of) => [keyOf(of), { of, state: { ...QUIET, firing: true } }] as const,
    );
    const begun = { looks: [], states: new Map(states), giveBack };
    following.set(id, begun);
    return begun;
  };

  const leave = async (id: string): Promise<void> => {
    const known = following.get(id);
    following.delete(id);
    await known?.giveBack();
  };

  const look = async (deployment: WatchedDeployment): Promise<void> => {
    const { id } = deployment;
    const stats = live.route(id)?.stats ?? null;
    const instances = (await live.observe(id)).flatMap((status) => status.instances);
    // Another server sees it, or nobody does; a stopped one has an end to tell.
    if (stats === null && instances.length === 0 && !deployment.stopped) return leave(id);
    const known = await follow(id);
    if (known === null) return;
    const at = now();
    known.looks = [...known.looks.filter((one) => at - one.at <= WINDOW_MS), { at, stats, instances }];
    for (const watched of deployment.thresholds) await weigh(deployment, known, watched, at);
    const wanted = new Set(deployment.thresholds.map(keyOf));
    for (const [key, { of, state }] of known.states) {
      if (wanted.has(key)) continue;
      if (state.firing) await tell(deployment, of, "recovered", null, at);
      known.states.delete(key);
    }
  };

  const weigh = async (
    deployment: WatchedDeployment,
    known: Following,
    watched: Watched,
    at: Instant,
  ): Promise<void> => {
    const key = keyOf(watched);
    const before = known.states.get(key)?.state ?? QUIET;
    const [first, last] = [known.looks.at(0), known.looks.at(-1)];
    if (first === undefined || last === undefined) return;
    const { threshold, forSeconds } = watched;
    const limits = {
      memoryMb: deployment.memoryMb ?? deps.capacity.memoryMb,
      cpuCores: deployment.cpuCores ?? deps.capacity.cpuCores,
    };
    const value = figureOf(threshold.metric, first, last, limits);
    const next = deployment.stopped ? QUIET : watchThreshold(before, threshold, value, at, forSeconds * 1_000);
    if (next.firing !== before.firing) {
      const observed = value === null ? null : describeFigure(threshold.metric, value);
      await tell(deployment, watched, next.firing ? "breached" : "recovered", observed, at);
      // The calm after a breach is not seen through the storm before it.
      known.looks = [last];
    }
    known.states.set(key, { of: watched, state: next });
  };

  const tell = async (
    { id, project, name }: WatchedDeployment,
    watched: Omit<Watched, "threshold">,
    what: "breached" | "recovered",
    observed: string | null,
    now: Instant,
  ): Promise<void> => {
    const { alert, text, forSeconds } = watched;
    const at = new Date(now);
    await db.transaction().execute(async (tx) => {
      const isNews = what === "breached" ? await beginBreach(tx, id, watched, at) : await endBreach(tx, id, watched);
      if (!isNews) return;
      const message =
        what === "breached"
          ? `${name} is beyond ${text}: ${observed ?? "no figure"}, and has been for ${forSeconds} s`
          : `${name} is not beyond ${text} any more: ${observed ?? "it is not measured any more"}`;
      const data = { alert, threshold: text, forSeconds, observed };
      const event = { project, deployment: id, rollout: null, type: `deployment.threshold.${what}` };
      await appendEvents(tx, [{ ...event, message, alert: what === "breached", data, at }]);
    });
  };

  const round = async (): Promise<void> => {
    const deployments = await watchedDeployments(db);
    const wanted = new Set(deployments.map(({ id }) => id));
    for (const id of [...following.keys()]) if (!wanted.has(id)) await leave(id);
    for (const deployment of deployments) {
      if (closed) return;
      await look(deployment).catch((error: unknown) => {
        logger.debug({ err: error, deployment: deployment.id }, "a threshold was not looked at");
        return leave(deployment.id);
      });
    }
  };

  let running: Promise<void> = Promise.resolve();
  const schedule = (): void => {
    if (closed) return;
    timer = setTimeout(() => {
      running = round()
        .catch((error: unknown) => logger.debug({ err: error }, "thresholds could not be looked at; trying again"))
        .finally(schedule);
    }, EVERY_MS);
  };
  schedule();

  return {
    async close() {
      closed = true;
      if (timer !== null) clearTimeout(timer);
      await running;
      for (const id of [...following.keys()]) await leave(id);
      claims.close();
    },
  };
}
