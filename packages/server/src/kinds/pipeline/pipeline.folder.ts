import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { planFile, type RevisionFile, revisionFile } from "@sluice/collector";
import type { NodePlan } from "@sluice/core";

const root = (dataDir: string): string => join(dataDir, "pipelines");

/** What the collectors of one deployment on this machine share. */
export const pipelineFolder = (dataDir: string, deployment: string): string => join(root(dataDir), deployment);

/** Configurations may name addresses that are nobody else's business. */
const MODE = { folder: 0o700, file: 0o600 } as const;

/** Written whole or not at all, and only when it says something else than before. */
async function put(path: string, content: object): Promise<void> {
  const text = `${JSON.stringify(content, null, 2)}\n`;
  if ((await readFile(path, "utf8").catch(() => null)) === text) return;
  const fresh = `${path}.${process.pid}.new`;
  await writeFile(fresh, text, { mode: MODE.file });
  await rename(fresh, path);
}

export async function putRevision(folder: string, revision: number, content: RevisionFile): Promise<void> {
  await mkdir(folder, { recursive: true, mode: MODE.folder });
  await put(revisionFile(folder, revision), content);
}

export async function putPlan(folder: string, plan: NodePlan): Promise<void> {
  await mkdir(folder, { recursive: true, mode: MODE.folder });
  await put(planFile(folder), plan);
}

/** Removes folders of deployments that are not there any more. Collectors that are still ending do without. */
export async function removeOrphans(dataDir: string, living: ReadonlySet<string>): Promise<void> {
  for (const name of await readdir(root(dataDir)).catch(() => [])) {
    if (!living.has(name)) await rm(pipelineFolder(dataDir, name), { recursive: true, force: true });
  }
}
