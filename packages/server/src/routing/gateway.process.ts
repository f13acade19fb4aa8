import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { SluiceError } from "@sluice/core";
import { type AdminAddress, adminFile, connectGateway, type LocalGatewayAdmin } from "@sluice/gateway";
import { identify, isAlive, type ProcessIdentity } from "@sluice/runtimes";
import type { Logger } from "pino";
import type { Config } from "../config.ts";
import { createGatewayLink, type ServedLink } from "./gateway.link.ts";

export interface RunningGateway {
  link: ServedLink;
  /** Where callers reach it, without a trailing slash. */
  url: string;
  /** Whether none ran before. */
  isNew: boolean;
  /** Stops looking after the gateway; it goes on serving. */
  leave(): Promise<void>;
}

type GatewaySettings = Pick<Config, "dataDir" | "bind" | "gatewayPort" | "programEnv">;

const MAIN = fileURLToPath(new URL("./main.ts", import.meta.resolve("@sluice/gateway")));
const READY_MS = 60_000;
const AGAIN_MS = 50;
/** A gateway that is asked to stop finishes its requests first. */
const STOPS_MS = 35_000;

/**
 * Sees to it that the data folder's gateway runs, for as long as this process lives: one that runs already is adopted, one
 * that dies is started again within moments, on the same port. Throws when none can be started.
 */
export async function startGateway({
  config,
  logger,
}: {
  config: GatewaySettings;
  logger: Logger;
}): Promise<RunningGateway> {
  const admin = connectGateway(adminFile(config.dataDir));
  const link = createGatewayLink();
  const stop = new AbortController();
  const before = await findRunning(admin);
  const address = await firstGateway(config, admin, logger);
  // A port that was chosen by the system stays: callers know it by now.
  const settled = { ...config, gatewayPort: address.publicPort };

  const supervise = async (): Promise<void> => {
    let identity = identify(address.pid);
    while (!stop.signal.aborted) {
      try {
        await link.follow(admin, stop.signal);
      } catch (error) {
        logger.warn({ err: error }, "the gateway was lost");
      }
      if (stop.signal.aborted) return;
      await sleep(AGAIN_MS);
      try {
        identity = identify((await ensureGateway(settled, admin, logger, identity)).pid);
      } catch (error) {
        logger.error({ err: error }, "the gateway cannot be started; trying again");
      }
    }
  };
  const connected = new Promise<void>((resolve) => link.onConnect(resolve));
  const supervised = supervise();
  await Promise.race([connected, sleep(READY_MS, undefined, { ref: false })]);
  return {
    link,
    url: urlOf(address),
    isNew: before === null,
    async leave() {
      stop.abort();
      await supervised;
    },
  };
}

/** Stops the data folder's gateway, letting it finish what it has begun; none running is fine. */
export async function stopGateway(dataDir: string, logger: Logger): Promise<void> {
  const admin = connectGateway(adminFile(dataDir));
  const running = await findRunning(admin);
  const identity = running === null ? null : identify(running.pid);
  if (identity === null) return;
  logger.info({ pid: identity.pid }, "stopping the gateway");
  await end(identity);
}

/** When any free port will do, the one of the gateway before is tried first: callers may know it. */
async function firstGateway(config: GatewaySettings, admin: LocalGatewayAdmin, logger: Logger): Promise<AdminAddress> {
  const before = config.gatewayPort === 0 ? await admin.address().catch(() => null) : null;
  if (before === null) return ensureGateway(config, admin, logger);
  return ensureGateway({ ...config, gatewayPort: before.publicPort }, admin, logger).catch(() =>
    ensureGateway(config, admin, logger),
  );
}

/** The gateway that serves as the settings say: the one that runs, or a new one. `last` is known to be ours, if it lives. */
async function ensureGateway(
  settings: GatewaySettings,
  admin: LocalGatewayAdmin,
  logger: Logger,
  last: ProcessIdentity | null = null,
): Promise<AdminAddress> {
  const running = await findRunning(admin);
  if (running !== null && serves(running, settings)) return running;
  if (running !== null) {
    logger.info({ from: running.publicPort, to: settings.gatewayPort }, "the gateway moves to another address");
    const identity = identify(running.pid);
    if (identity !== null) await end(identity);
  } else if (last !== null && isAlive(last)) {
    logger.warn({ pid: last.pid }, "the gateway hangs; killing it");
    process.kill(last.pid, "SIGKILL");
  }
  const address = await launch(settings, admin);
  logger.info({ pid: address.pid, port: address.publicPort }, "started the gateway");
  return address;
}

const serves = ({ publicHost, publicPort }: AdminAddress, { bind, gatewayPort }: GatewaySettings): boolean =>
  publicHost === bind && (gatewayPort === 0 || publicPort === gatewayPort);

/** Only the gateway that wrote the file knows its token, so an answer proves that the pid in it is its own. */
async function findRunning(admin: LocalGatewayAdmin): Promise<AdminAddress | null> {
  try {
    const address = await admin.address();
    if (identify(address.pid) === null) return null;
    await admin.snapshot();
    return address;
  } catch {
    return null;
  }
}

async function launch({ dataDir, bind, gatewayPort, programEnv }: GatewaySettings, admin: LocalGatewayAdmin) {
  await mkdir(dataDir, { recursive: true });
  const logFile = join(dataDir, "gateway.log");
  const log = openSync(logFile, "a", 0o600);
  const args = [MAIN, "--data-dir", dataDir, "--bind", bind, "--port", String(gatewayPort)];
  const child = spawn(process.execPath, args, { detached: true, stdio: ["ignore", log, log], env: programEnv });
  closeSync(log);
  child.unref();
  const deadline = Date.now() + READY_MS;
  while (Date.now() < deadline && !hasEnded(child)) {
    const running = await findRunning(admin);
    if (running !== null && running.pid === child.pid) return running;
    await sleep(20);
  }
  if (!hasEnded(child)) child.kill("SIGKILL");
  const said = (await readFile(logFile, "utf8").catch(() => "")).trimEnd().split("\n").slice(-5).join("\n");
  throw new SluiceError(
    "unavailable",
    `the gateway did not start at ${bind}:${gatewayPort}; ${logFile} ends:\n${said}`,
  );
}

const hasEnded = (child: ChildProcess): boolean =>
  child.pid === undefined || child.exitCode !== null || child.signalCode !== null;

async function end(identity: ProcessIdentity): Promise<void> {
  process.kill(identity.pid, "SIGTERM");
  const deadline = Date.now() + STOPS_MS;
  while (isAlive(identity)) {
    if (Date.now() > deadline) process.kill(identity.pid, "SIGKILL");
    await sleep(20);
  }
}

/** A gateway that listens everywhere is reached at this machine's own address. */
function urlOf({ publicHost, publicPort }: AdminAddress): string {
  const host = publicHost === "0.0.0.0" || publicHost === "::" ? "127.0.0.1" : publicHost;
  return `http://${host.includes(":") ? `[${host}]` : host}:${publicPort}`;
}
