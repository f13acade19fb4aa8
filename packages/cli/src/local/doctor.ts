import { accessSync, constants, existsSync, statfsSync } from "node:fs";
import { createServer } from "node:net";
import { dirname } from "node:path";
import type { Environment } from "../config.ts";
import { duration } from "../output/quantity.ts";
import { probe } from "./probe.ts";
import { readServerInfo } from "./server-info.ts";

export interface Finding {
  check: string;
  ok: boolean;
  /** What was found. */
  message: string;
  /** What to do about it, when it is not as it should be. */
  remedy: string | null;
}

const REQUIRED_NODE = 24;
const ENOUGH_DISK = 512 * 1024 * 1024;
/** Milliseconds; tokens expire and windows open by the server's clock. */
const MOST_SKEW = 5_000;
const SERVER_PORTS = [
  { variable: "SLUICE_HTTP_PORT", port: 8303 },
  { variable: "SLUICE_GATEWAY_PORT", port: 30_080 },
];

const good = (check: string, message: string): Finding => ({ check, ok: true, message, remedy: null });
const bad = (check: string, message: string, remedy: string): Finding => ({ check, ok: false, message, remedy });

export function checkNode(version: string): Finding {
  return Number(version.split(".")[0]) >= REQUIRED_NODE
    ? good("Node", version)
    : bad("Node", `${version} is too old`, `Install Node ${REQUIRED_NODE} or newer.`);
}

export function checkFolder(dataDir: string): Finding {
  const nearest = nearestFolder(dataDir);
  try {
    accessSync(nearest, constants.W_OK | constants.X_OK);
    return good("data folder", existsSync(dataDir) ? dataDir : `${dataDir} can be created`);
  } catch {
    return bad("data folder", `${nearest} cannot be written to`, "Choose another with --data-dir or SLUICE_DATA_DIR.");
  }
}

export function checkDisk(dataDir: string): Finding {
  const { bavail, bsize } = statfsSync(nearestFolder(dataDir));
  const free = bavail * bsize;
  const text = `${(free / 1024 ** 3).toFixed(1)} GB free`;
  return free >= ENOUGH_DISK
    ? good("disk", text)
    : bad("disk", text, "Make room, or move the data folder (--data-dir).");
}

/** Server, database and gateway as the server reports them, and how far its clock is from ours. */
export async function checkServer(url: string, dataDir: string, now: () => number): Promise<Finding[]> {
  const answer = await probe(new URL("/readyz", url).href);
  if (answer === null) return [bad("server", `${url} does not answer`, "Start it with: sluice up")];
  const parts = partsOf(answer.text);
  return [
    good("server", `${url} answers`),
    answer.status === 200
      ? good("readiness", parts || "ready")
      : bad(
          "readiness",
          parts || `answers ${answer.status}`,
          "See the server's log; for the database also DATABASE_URL.",
        ),
    checkClock(answer.headers.get("date"), now()),
    await checkGateway(dataDir),
  ];
}

export function checkClock(date: string | null, now: number): Finding {
  const skew = date === null ? 0 : Math.abs(now - Date.parse(date));
  return skew <= MOST_SKEW
    ? good("clock", "agrees with the server's")
    : bad("clock", `is ${duration(skew)} away from the server's`, "Let both machines follow a time server (NTP).");
}

/** Whether the ports that a new server would take are free. Of no interest while one runs. */
export async function checkPorts(environment: Environment): Promise<Finding[]> {
  return Promise.all(
    SERVER_PORTS.map(async ({ variable, port }) => {
      const wanted = Number(environment[variable] ?? port);
      const name = `port ${wanted}`;
      return (await isFree(wanted))
        ? good(name, "is free")
        : bad(name, "is taken by another program", `Choose another with ${variable}.`);
    }),
  );
}

async function checkGateway(dataDir: string): Promise<Finding> {
  const address = readServerInfo(dataDir)?.gatewayUrl ?? null;
  if (address === null) return good("gateway", "its address is not known here");
  return (await probe(address)) === null
    ? bad("gateway", `${address} does not answer`, "Start everything again: sluice down && sluice up")
    : good("gateway", `${address} answers`);
}

/** `database ok, gateway ok` of a readiness answer in JSON. */
function partsOf(text: string): string {
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body !== "object" || body === null) return "";
    return Object.entries(body)
      .map(([name, value]) => `${name} ${typeof value === "string" ? value : JSON.stringify(value)}`)
      .join(", ");
  } catch {
    return "";
  }
}

const nearestFolder = (path: string): string => (existsSync(path) ? path : nearestFolder(dirname(path)));

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
