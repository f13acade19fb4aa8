import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Runtime, Workload } from "@sluice/core";
import { eventually } from "../suite/eventually.ts";
import { ON_THIS_MACHINE, type RuntimeHarness } from "../suite/runtime.harness.ts";
import { createProcessRuntime } from "./process.runtime.ts";
import type { ProcessRuntimeOptions } from "./process.types.ts";
import { processesWithVariable } from "./process-table.ts";

const FIXTURES = fileURLToPath(new URL("../suite/fixtures", import.meta.url));

export interface ProcessHarness extends RuntimeHarness {
  readonly dataDir: string;
}

/** The Node that runs the tests comes first in PATH, so that `node` in a command is the same one. */
export const testEnv = { PATH: `${dirname(process.execPath)}:/usr/bin:/bin`, HOME: tmpdir() };

export const testOptions = (dataDir: string): ProcessRuntimeOptions => ({
  dataDir,
  baseEnv: testEnv,
  logs: { maxBytes: 256 * 1024, keep: 2 },
  policy: { drainMs: 100, backoffMinMs: 50 },
});

export const testWorkload = (fixture: string, changes: Partial<Workload> = {}): Workload => ({
  deployment: "greeter",
  revision: 1,
  fence: 1,
  replicas: 1,
  command: ["node", join(FIXTURES, `${fixture}.mjs`)],
  image: null,
  workdir: null,
  env: {},
  resources: { memoryMb: null, cpuCores: null },
  healthCheck: { path: "/healthz", intervalSeconds: 0.1, timeoutSeconds: 2, retries: 2 },
  progressDeadlineSeconds: 20,
  stopSeconds: 5,
  ...changes,
});

export async function createProcessHarness(changes: Partial<ProcessRuntimeOptions> = {}): Promise<ProcessHarness> {
  const dataDir = await mkdtemp(join(tmpdir(), "sluice-process-"));
  const open = async (): Promise<Runtime> => {
    const runtime = createProcessRuntime({ ...testOptions(dataDir), ...changes });
    await runtime.start();
    return runtime;
  };
  let runtime = await open();
  return {
    dataDir,
    get runtime() {
      return runtime;
    },
    workload: testWorkload,
    async reopen() {
      await runtime.close();
      runtime = await open();
    },
    ...ON_THIS_MACHINE,
    async dispose() {
      await removeAll(runtime);
      await runtime.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** Removes every deployment and waits for it; fails when a process of theirs is left. */
export async function removeAll(runtime: Runtime): Promise<void> {
  const seen: string[] = [];
  for (const deployment of await runtime.deployments()) {
    for (const { revision, instances } of await runtime.observe(deployment)) {
      seen.push(...instances.map(({ id }) => id));
      await runtime.remove({ deployment, revision, fence: Number.MAX_SAFE_INTEGER });
    }
  }
  await eventually("everything is removed", async () => (await runtime.deployments()).length === 0 || undefined);
  const left = seen.flatMap((id) => processesWithVariable("SLUICE_INSTANCE", id));
  if (left.length > 0) throw new Error(`left running: ${left.map(({ pid }) => pid).join(", ")}`);
}
