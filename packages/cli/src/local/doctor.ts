import { accessSync, constants, existsSync, statfsSync } from "node:fs";
import { createServer } from "node:net";
import { dirname } from "node:path";
import { ApiError, type Client, ok } from "@sluice/client";
import { z } from "zod";
import type { Environment } from "../config.ts";
import { duration } from "../output/quantity.ts";
import { probe, readinessOf } from "./probe.ts";
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
  { variable: "SLUICE_GRPC_PORT", port: 9_005 },
];

const REMEDIES: Readonly<Record<string, string>> = {
  database: "Look at DATABASE_URL, or at the log of the embedded database in the data folder.",
  gateway: "Start everything again: sluice down && sluice up",
};

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
  const answer = await probe(readinessOf(url));
  if (answer === null) return [bad("server", `${url} does not answer`, "Start it with: sluice up")];
  const parts = partsOf(answer.text).map(([part, state]) =>
    state === "ok"
      ? good(`server's ${part}`, "works")
      : bad(`server's ${part}`, state, REMEDIES[part] ?? "See the server's log."),
  );
  return [
    parts.length > 0
      ? good("server", `${url} answers`)
      : bad("server", `${url} answers ${answer.status}, not as Sluice does`, "Give the right address with --server."),
    ...parts,
    checkClock(answer.headers.get("date"), now()),
    await checkGateway(dataDir),
  ];
}

const TARGETS = {
  docker: { check: "Docker", remedy: "SLUICE_DOCKER_HOST and its neighbours say where the server looks for it." },
  kubernetes: { check: "Kubernetes", remedy: "SLUICE_KUBECONFIG says which cluster the server uses, and as whom." },
} as const;

/** What the server could deliver to besides its own machine. Who needs neither is not bothered. */
export async function checkTargets(client: Client, project: { project?: string }): Promise<Finding[]> {
  try {
    const { items } = await ok(client.http.GET("/v1/target-outlook", { params: { query: project } }));
    return items.map(({ type, state, message }) => {
      const { check, remedy } = TARGETS[type];
      if (state === "faulty") return bad(check, message, remedy);
      return good(check, state === "ready" ? message : `not set up (${message})`);
    });
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return [good("Docker and Kubernetes", `the server does not say: ${error.message}`)];
  }
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

const readinessSchema = z.object({ checks: z.record(z.string(), z.string()) });

/** What a readiness answer says of each part; nothing when the answer is not Sluice's. */
function partsOf(text: string): [part: string, state: string][] {
  try {
    return Object.entries(readinessSchema.parse(JSON.parse(text)).checks);
  } catch {
    return [];
  }
}

const nearestFolder = (path: string): string => (existsSync(path) ? path : nearestFolder(dirname(path)));

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
