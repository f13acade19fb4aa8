import type { ArtifactKind, Instant } from "@sluice/core";
import type { Kysely } from "kysely";
import type { Logger } from "pino";
import type { Database } from "../db/schema.ts";
import type { Live } from "../engine/live.ts";
import { startRecorder } from "./prompt/delos/figures.recorder.ts";

interface BackgroundDeps {
  db: Kysely<Database>;
  live: Live;
  clock: () => Instant;
  logger: Logger;
}

interface Background {
  close(): Promise<void>;
}

/** What single kinds do while a server runs, beside what the engine does for all of them. */
const BACKGROUND: Readonly<Record<ArtifactKind, readonly ((deps: BackgroundDeps) => Background)[]>> = {
  application: [],
  agent: [],
  model: [],
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
