import { rmSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Instant } from "@sluice/core";
import type { Driver, LaunchOrder } from "../supervision/driver.ts";
import { judgePulse } from "../supervision/heartbeat.ts";
import type { Body } from "../supervision/instance.ts";
import { createPortPool } from "../supervision/port.pool.ts";
import { probe } from "../supervision/probe.ts";
import type { Look } from "../supervision/probing.ts";
import { launch } from "./launch.ts";
import { endFamily, watchProcess } from "./process.run.ts";
import { isAlive, type ProcessIdentity } from "./process-table.ts";

/** Instances listen on loopback: only the gateway on this machine talks to them. */
const HOST = "127.0.0.1";

interface ProcessDriverOptions {
  baseEnv: Record<string, string | undefined>;
  clock(): Instant;
}

/** Carries instances out as processes of this machine. */
export function createProcessDriver({ baseEnv, clock }: ProcessDriverOptions): Driver {
  const ports = createPortPool();

  /** How an instance of its kind is looked at. */
  function lookAt({ workload, folder }: LaunchOrder, port: number, startedAt: Instant): Look | null {
    const { process: kind = "service" } = workload;
    if (kind === "job") return null;
    if (kind === "service") return (health, signal) => probe(HOST, port, health, signal);
    return async (health) => judgePulse({ startedAt, lastBeat: lastBeat(folder) }, health, clock());
  }

  return {
    prepare: async () => null,

    async launch(order) {
      const { instance, workload, folder, watcher } = order;
      const port = await ports.reserve();
      rmSync(heartbeatFile(folder), { force: true });
      const result = await launch({ instance, workload, port, folder, baseEnv, heartbeatFile: heartbeatFile(folder) });
      if (!result.ok) {
        ports.release(port);
        return result;
      }
      const { child, identity } = result;
      const look = lookAt(order, port, clock());
      const onClear = (): void => ports.release(port);
      const run = watchProcess({ id: instance.id, identity, look, child, watcher, onClear });
      return { ok: true, body: identity, host: HOST, port, run };
    },

    async adopt(order) {
      const { instance, body, watcher } = order;
      const { id, life, port } = instance;
      if (!isProcess(body) || port === null || !isAlive(body)) return null;
      ports.claim(port);
      const look = lookAt(order, port, life.kind === "running" ? life.startedAt : clock());
      const onClear = (): void => ports.release(port);
      return watchProcess({ id, identity: body, look, child: null, watcher, onClear });
    },

    sweep: async (id, body) => endFamily(id, body !== null && isProcess(body) ? body : null),
  };
}

export const isProcess = (body: Body): body is ProcessIdentity => "startTime" in body;

/** The file by which a stream tells that it is well; its folder is the instance's. */
const heartbeatFile = (folder: string): string => join(folder, "heartbeat");

function lastBeat(folder: string): Instant | null {
  try {
    return statSync(heartbeatFile(folder)).mtimeMs;
  } catch {
    return null; // Not written yet.
  }
}
