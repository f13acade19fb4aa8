import type { ArtifactKind, Instant } from "@sluice/core";
import type { Kysely } from "kysely";
import type pg from "pg";
import type { Logger } from "pino";
import type { Database } from "../db/schema.ts";
import type { Live } from "../engine/live.ts";
import type { Services } from "../http/services.ts";
import { startAgentRollbacks } from "./agent/rollback.worker.ts";
import { startModels } from "./model/model.background.ts";
import { startRecorder } from "./prompt/delos/figures.recorder.ts";

export interface BackgroundDeps {
  db: Kysely<Database>;
  pool: pg.Pool;
  dataDir: string;
  /** This server, by the name of its data folder. */
  server: string;
  live: Live;
  services: Services;
  clock: () => Instant;
  logger: Logger;
}

export interface Background {
  close(): Promise<void>;
}

/** What single kinds do while a server runs, beside what the engine does for all of them. */
const BACKGROUND: Readonly<Record<ArtifactKind, readonly ((deps: BackgroundDeps) => Background)[]>> = {
  application: [],
  agent: [startAgentRollbacks],
  model: [startModels],
  pipeline: [],
  prompt: [startRecorder],
};

export function startBackground(deps: BackgroundDeps): Background {
  const started = Object.values(BACKGROUND)
    .flat()
    .map((start) => start(deps));
  return {
    close: async () => {
      await Promise.all(started.map(({ close }) => close()));
    },
  };
}
