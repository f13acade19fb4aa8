import { createProcessRuntime } from "@sluice/runtimes";
import type { Logger } from "pino";
import type { Config } from "./config.ts";
import { lockDataFolder, readServerInfo, removeServerInfo } from "./data-folder.ts";
import { createDatabase, createPool } from "./db/database.ts";
import { startEmbedded } from "./db/embedded.ts";
import { stopGateway } from "./routing/gateway.process.ts";
import { killCommands } from "./workflow/run.sweeper.ts";

const SERVER_STOPS_MS = 30_000;
const KILLED_MS = 5_000;
const INSTANCES_STOP_MS = 60_000;

/**
 * Stops everything that belongs to the data folder: server, gateway, instances, embedded database. What is on disk stays,
 * and the next start brings back what should run. Nothing running is fine.
 */
export async function stopEverything(config: Config, logger: Logger): Promise<void> {
  const { dataDir } = config;
  await stopServerProcess(dataDir, logger);
  const unlock = await lockDataFolder(dataDir);
  try {
    const embedded = config.databaseUrl === null ? await startEmbedded({ dataDir, logger }) : null;
    const url = embedded?.url ?? config.databaseUrl;
    // Callers first: an instance that still gets requests is not to be stopped.
    await stopGateway(dataDir, logger);
    await killCommands(dataDir);
    if (url !== null) await stopInstances(config, await fences(url), logger);
    await embedded?.stop();
    await removeServerInfo(dataDir);
  } finally {
    await unlock();
  }
}

async function stopServerProcess(dataDir: string, logger: Logger): Promise<void> {
  const info = await readServerInfo(dataDir);
  // Only a process that holds the folder's lock is the server: a pid alone may mean a stranger by now.
  if (info === null || !(await isLocked(dataDir))) return;
  logger.info({ pid: info.pid }, "stopping the server");
  process.kill(info.pid, "SIGTERM");
  const gone = async () => !(await isLocked(dataDir));
  let hangs = false;
  await until(gone, SERVER_STOPS_MS, () => {
    hangs = true;
  });
  if (!hangs) return;
  logger.warn({ pid: info.pid }, "the server does not stop; killing it");
  process.kill(info.pid, "SIGKILL");
  // It is dead a moment later, and only then are its folder and what it supervised ours.
  await until(gone, KILLED_MS, () => logger.warn({ pid: info.pid }, "the server is killed and still there"));
}

async function isLocked(dataDir: string): Promise<boolean> {
  try {
    const unlock = await lockDataFolder(dataDir);
    await unlock();
    return false;
  } catch {
    return true;
  }
}

/** The token with which each deployment's instances may be told to go. */
async function fences(url: string): Promise<Map<string, number>> {
  const pool = createPool(url, 1, () => undefined);
  try {
    const rows = await createDatabase(pool).selectFrom("deployments").select(["id", "fence"]).execute();
    return new Map(rows.map((row) => [row.id, row.fence]));
  } finally {
    await pool.end();
  }
}

async function stopInstances(config: Config, known: Map<string, number>, logger: Logger): Promise<void> {
  const runtime = createProcessRuntime({ dataDir: config.dataDir, baseEnv: config.programEnv, logger });
  await runtime.start();
  try {
    for (const deployment of await runtime.deployments()) {
      const fence = known.get(deployment) ?? Number.MAX_SAFE_INTEGER;
      for (const { revision } of await runtime.observe(deployment))
        await runtime.remove({ deployment, revision, fence });
    }
    const gone = async () => (await runtime.deployments()).length === 0;
    await until(gone, INSTANCES_STOP_MS, () => logger.warn("some instances did not stop in time"));
  } finally {
    await runtime.close();
  }
}

async function until(holds: () => Promise<boolean>, withinMs: number, late: () => void): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!(await holds())) {
    if (Date.now() > deadline) return late();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
