import type { Instant } from "@sluice/core";
import type { Kysely } from "kysely";
import type { Logger } from "pino";
import { createOutageLog } from "../../../db/outage.log.ts";
import type { Database } from "../../../db/schema.ts";
import type { Live } from "../../../engine/live.ts";
import { insertFigures, rolloutsUnderWatch } from "./figures.store.ts";
import { figuresNow } from "./figures.ts";

interface Options {
  db: Kysely<Database>;
  live: Live;
  clock: () => Instant;
  logger: Pick<Logger, "warn">;
}

/** Milliseconds between two looks. */
const EVERY = 2_000;

/** Keeps the figures of prompts' rollouts while they go on: a snapshot whenever something has changed, at most every two seconds. */
export function startRecorder({ db, live, clock, logger }: Options): { close(): Promise<void> } {
  let known = new Map<string, string>();
  let running: Promise<void> | null = null;
  const outages = createOutageLog(logger);

  const look = async (): Promise<void> => {
    const at = new Date(Math.floor(clock() / EVERY) * EVERY);
    const seen = new Map<string, string>();
    for (const rollout of await rolloutsUnderWatch(db)) {
      const figures = await figuresNow(db, live, rollout);
      const text = JSON.stringify(figures);
      seen.set(rollout.id, text);
      if (known.get(rollout.id) !== text) await insertFigures(db, rollout.id, at, figures);
    }
    known = seen;
  };
  const timer = setInterval(() => {
    running ??= look()
      .then(outages.worked, (error: unknown) => outages.failed(error, "figures of prompts' rollouts were not kept"))
      .finally(() => {
        running = null;
      });
  }, EVERY);
  return {
    async close() {
      clearInterval(timer);
      await running;
    },
  };
}
