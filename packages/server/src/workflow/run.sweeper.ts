import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Instant } from "@sluice/core";
import { killCommand } from "@sluice/runtimes";
import type { Kysely } from "kysely";
import type { Logger } from "pino";
import type { Database } from "../db/schema.ts";
import { runsEndedBefore } from "./run.store.ts";
import { commandName, runsFolder } from "./step/command.paths.ts";

interface SweeperDeps {
  db: Kysely<Database>;
  dataDir: string;
  node: string;
  keepDays: number;
  logger: Logger;
  now: () => Instant;
}

const EVERY_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** Takes away the files of runs that ended long ago, or that no database knows; first of all what still runs of them. */
export async function startSweeper(deps: SweeperDeps): Promise<{ close(): Promise<void> }> {
  const { logger } = deps;
  const sweep = (): Promise<void> =>
    sweepOnce(deps).catch((error: unknown) => logger.warn({ err: error }, "old files of runs stay; trying again"));
  let sweeping = sweep();
  const timer = setInterval(() => {
    sweeping = sweeping.then(sweep);
  }, EVERY_MS);
  return {
    async close() {
      clearInterval(timer);
      await sweeping;
    },
  };
}

async function sweepOnce({ db, dataDir, node, keepDays, now }: SweeperDeps): Promise<void> {
  const folder = runsFolder(dataDir);
  const ids = await readdir(folder).catch(() => []);
  for (const run of await runsEndedBefore(db, node, new Date(now() - keepDays * DAY_MS), ids)) {
    await killRun(dataDir, run);
    await rm(join(folder, run), { recursive: true, force: true });
  }
}

/** Ends every command of a run that still goes on. */
async function killRun(dataDir: string, run: string): Promise<void> {
  const folder = join(runsFolder(dataDir), run);
  for (const task of await readdir(folder)) {
    for (const attempt of await readdir(join(folder, task))) {
      killCommand(commandName(dataDir, { run, task, attempt: Number(attempt) }));
    }
  }
}

/** Ends every command of the data folder: what `sluice down` does. They count as lost, or are begun anew where that is harmless. */
export async function killCommands(dataDir: string): Promise<void> {
  for (const run of await readdir(runsFolder(dataDir)).catch(() => [])) await killRun(dataDir, run);
}
