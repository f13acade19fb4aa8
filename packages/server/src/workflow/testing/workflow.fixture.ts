import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ServerProcess, serverProcess } from "../../testing/server.process.ts";
import { killCommands } from "../run.sweeper.ts";

export interface Task {
  task: string;
  stage: string;
  status: string;
  attempt: number;
  reason: string | null;
  outputs: Record<string, string>;
  carriedFrom: string | null;
}

export interface Run {
  id: string;
  status: string;
  reason: string | null;
  inputs: Record<string, unknown>;
  stages: Task[];
  allowedCommands: string[];
  retryOf: string | null;
}

/** A real server that runs workflows, to be killed and started again at will. */
export interface Workshop {
  server: ServerProcess;
  dataDir: string;
  /** Stores a workflow of these stages and starts a run of it. */
  run(name: string, spec: object, more?: object): Promise<Run>;
  get(id: string): Promise<Run>;
  /** The run as soon as `holds` is true of it. */
  until(id: string, holds: (run: Run) => boolean): Promise<Run>;
  ended(id: string): Promise<Run>;
  task(run: Run, key: string): Task;
  logs(id: string, query?: string): Promise<string>;
  close(): Promise<void>;
}

const WITHIN_MS = 90_000;
const ENDED = ["succeeded", "failed", "cancelled"];

export async function startWorkshop(settings: Record<string, string> = {}): Promise<Workshop> {
  const dataDir = await mkdtemp(join(tmpdir(), "sluice-workflows-"));
  const server = await serverProcess(dataDir, settings);
  const clean = async (): Promise<void> => {
    await server.kill().catch(() => undefined);
    await killCommands(dataDir);
    await server.down();
    await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
  };
  await server.start().catch(async (error: unknown) => {
    await clean();
    throw error;
  });
  const get = (id: string) => server.call<Run>("GET", `/v1/workflow-runs/${id}`);
  const until: Workshop["until"] = async (id, holds) => {
    const deadline = Date.now() + WITHIN_MS;
    for (;;) {
      const run = await get(id);
      if (holds(run)) return run;
      if (Date.now() > deadline) throw new Error(`not in time: ${JSON.stringify(run, null, 1)}\n${server.output}`);
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  };
  return {
    server,
    dataDir,
    async run(name, spec, more = {}) {
      await server.call("PUT", `/v1/workflows/${name}`, { spec });
      return server.call<Run>("POST", "/v1/workflow-runs", { workflow: name, ...more });
    },
    get,
    until,
    ended: (id) => until(id, ({ status }) => ENDED.includes(status)),
    task(run, key) {
      const found = run.stages.find(({ task }) => task === key);
      if (found === undefined) throw new Error(`the run has no ${key}`);
      return found;
    },
    async logs(id, query = "") {
      const response = await fetch(`${server.url}/v1/workflow-runs/${id}/logs${query}`);
      if (!response.ok) throw new Error(`the logs answered ${response.status}: ${await response.text()}`);
      return response.text();
    },
    close: clean,
  };
}
