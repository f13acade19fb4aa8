import { mkdir, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { SluiceError } from "@sluice/core";
import { syncFolder, writeAtomic } from "./atomic-file.ts";
import { type Instance, instanceSchema } from "./instance.ts";
import { type DeploymentState, deploymentStateSchema } from "./wish.ts";

/** Ended instances whose last output is kept, per deployment. */
const ENDED_KEPT = 3;

/**
 * The folder of one deployment:
 * `deployment.json` (fence and wishes, durable), `<instance>/instance.json`, `<instance>/std{out,err}.log[.n]`, and the
 * last output of ended instances in `ended/<instance>/`.
 */
export interface DeploymentStore {
  readonly folder: string;
  instanceFolder(id: string): string;
  endedFolder(id: string): string;
  /** Null when nothing was ever wished. Throws `data_loss` when the file cannot be understood. */
  readState(): Promise<DeploymentState | null>;
  writeState(state: DeploymentState, options: { durable: boolean }): Promise<void>;
  /** Every readable record, and the ids of folders that have none. */
  readInstances(): Promise<{ instances: Instance[]; unreadable: string[] }>;
  writeInstance(instance: Instance): Promise<void>;
  ended(): Promise<string[]>;
  /** Forgets the record and keeps the output for a while. Returns the ids whose output was dropped to make room. */
  endInstance(id: string): Promise<string[]>;
}

export async function createDeploymentStore(root: string, deployment: string): Promise<DeploymentStore> {
  const folder = join(root, deployment);
  const endedRoot = join(folder, "ended");
  const created = await mkdir(endedRoot, { recursive: true, mode: 0o700 });
  if (created !== undefined) await syncFolder(root);
  const stateFile = join(folder, "deployment.json");
  const instanceFolder = (id: string): string => join(folder, id);
  const recordFile = (id: string): string => join(instanceFolder(id), "instance.json");

  return {
    folder,
    instanceFolder,
    endedFolder: (id) => join(endedRoot, id),

    async readState() {
      const text = await readIfThere(stateFile);
      if (text === null) return null;
      const parsed = deploymentStateSchema.safeParse(parseJson(text));
      if (parsed.success) return parsed.data;
      throw new SluiceError("data_loss", `${stateFile} cannot be read as the wishes of ${deployment}`, {
        cause: parsed.error,
      });
    },

    writeState: (state, options) => writeAtomic(stateFile, JSON.stringify(state), options),

    async readInstances() {
      const entries = await readdir(folder, { withFileTypes: true });
      const ids = entries.filter((entry) => entry.isDirectory() && entry.name !== "ended").map(({ name }) => name);
      const instances: Instance[] = [];
      const unreadable: string[] = [];
      for (const id of ids) {
        const parsed = instanceSchema.safeParse(parseJson((await readIfThere(recordFile(id))) ?? ""));
        if (parsed.success && parsed.data.id === id) instances.push(parsed.data);
        else unreadable.push(id);
      }
      return { instances, unreadable };
    },

    async writeInstance(instance) {
      await mkdir(instanceFolder(instance.id), { recursive: true, mode: 0o700 });
      await writeAtomic(recordFile(instance.id), JSON.stringify(instance), { durable: false });
    },

    ended: () => readdir(endedRoot),

    async endInstance(id) {
      await rm(recordFile(id), { force: true });
      await rename(instanceFolder(id), join(endedRoot, id)).catch(ignoreMissing);
      const times = await Promise.all(
        (await readdir(endedRoot)).map(async (name) => ({ name, at: (await stat(join(endedRoot, name))).ctimeMs })),
      );
      const dropped = times.toSorted((a, b) => b.at - a.at).slice(ENDED_KEPT);
      await Promise.all(dropped.map(({ name }) => rm(join(endedRoot, name), { recursive: true, force: true })));
      return dropped.map(({ name }) => name);
    },
  };
}

/** Names of all deployments that have a folder. */
export async function storedDeployments(root: string): Promise<string[]> {
  await mkdir(root, { recursive: true, mode: 0o700 });
  const entries = await readdir(root, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function readIfThere(path: string): Promise<string | null> {
  return readFile(path, "utf8").catch((error: unknown) => ignoreMissing(error));
}

function ignoreMissing(error: unknown): null {
  if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
  throw error;
}
