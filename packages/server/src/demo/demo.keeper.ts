import type { Instant } from "@sluice/core";
import type { Kysely } from "kysely";
import type { Principal } from "../access/principal.ts";
import type { Database } from "../db/schema.ts";
import type { EnvironmentService } from "../environment/environment.service.ts";
import { deploymentsIn, findEnvironment } from "../environment/environment.store.ts";
import { type Callers, sendCallers } from "./demo.callers.ts";
import { findDemo, removeArtifact, removedDemos, type StoredDemo } from "./demo.store.ts";
import { CALLERS, callersNow, DEMO, GRACE, pathOf, type Served, type TrafficWatch } from "./demo.story.ts";

/**
 * Looks after demos beside the requests about them: sends their callers, and takes away what is left of those that were told
 * to go. Callers end with the server; what has to be taken away is on disk, and found again by the next one.
 */
export interface DemoKeeper {
  /** Callers come from now on, for a bounded time. */
  callFor(project: string): void;
  /** No callers any more; the rest goes as soon as nothing runs. */
  clearAway(project: string): void;
  callersUntil(project: string): Instant | null;
  /** To be called every second, outside of any request: a request's transaction is not this one's. */
  tend(): Promise<void>;
  close(): Promise<void>;
}

interface Deps {
  db: Kysely<Database>;
  clock: () => Instant;
  gatewayUrl: string;
  environments: EnvironmentService;
}

interface Watch extends TrafficWatch {
  callers: Callers | null;
}

export function createDemoKeeper({ db, clock, gatewayUrl, environments }: Deps): DemoKeeper {
  const watched = new Map<string, Watch>();
  /** When each was told to go: that may not be on disk yet. */
  const leaving = new Map<string, Instant>();
  let isCaughtUp = false;

  const dismiss = async (project: string): Promise<void> => {
    const callers = watched.get(project)?.callers;
    watched.delete(project);
    await callers?.leave();
  };

  const tendCallers = async (project: string, watch: Watch): Promise<void> => {
    const served = servedBy(await findDemo(db, project));
    const now = clock();
    if (served?.moves === true) watch.movedAt = now;
    const wish = callersNow(served, watch, now);
    if (wish === "end") await dismiss(project);
    // Dismissed while it was looked at: then nobody else is sent.
    else if (wish === "send" && watched.get(project) === watch) {
      watch.callers ??= sendCallers(new URL(pathOf(project), gatewayUrl).href, CALLERS.perSecond);
    }
  };

  const isGone = async (project: string, since: Instant): Promise<boolean> => {
    const demo = await findDemo(db, project);
    if (demo?.mark !== "removing") return clock() - since > GRACE;
    if (demo.deployment !== null) return false;
    const environment = await findEnvironment(db, project, DEMO.environment);
    const others = await deploymentsIn(db, project, DEMO.environment, 1);
    if (environment !== undefined && others.length === 0) {
      await environments.remove(keeperOf(project), { project, name: DEMO.environment });
    }
    // Last, since its mark is what somebody who comes after a crash goes on from.
    await db.transaction().execute((tx) => removeArtifact(tx, demo.artifactId));
    return true;
  };

  return {
    callFor(project) {
      const now = clock();
      const callers = watched.get(project)?.callers ?? null;
      watched.set(project, { begunAt: now, movedAt: now, callers });
    },
    clearAway(project) {
      leaving.set(project, clock());
      void dismiss(project);
    },
    callersUntil: (project) => {
      const watch = watched.get(project);
      return watch === undefined ? null : watch.begunAt + CALLERS.most;
    },
    async tend() {
      if (!isCaughtUp) for (const project of await removedDemos(db)) leaving.set(project, clock());
      isCaughtUp = true;
      for (const [project, since] of leaving) if (await isGone(project, since)) leaving.delete(project);
      for (const [project, watch] of watched) await tendCallers(project, watch);
    },
    async close() {
      await Promise.all([...watched.keys()].map(dismiss));
    },
  };
}

function servedBy(demo: StoredDemo | null): Served {
  if (demo?.deployment == null) return null;
  const { serves, deleting } = demo.deployment;
  return { serves, deleting, moves: demo.rollouts.some(({ active }) => active) };
}

/** Whoever told the demo to go is in the entry of that; this is what came of it. */
const keeperOf = (project: string): Principal => ({ name: "demo", role: "admin", project, environment: null });
