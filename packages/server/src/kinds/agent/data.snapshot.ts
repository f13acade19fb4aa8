import { mkdir, readdir, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { type CopyManifest, copiesToForget, KEPT_BACKUPS, KEPT_SNAPSHOTS } from "@sluice/core";
import { type CopyAbout, copyFolder, ignoreMissing } from "./data.copy.ts";
import type { AgentFolders } from "./data.folders.ts";

/** The agent's folders, made if they are not there. Nobody but the server's own user may enter. */
export async function makeAgentFolders(folders: AgentFolders, revision: number): Promise<void> {
  for (const folder of [folders.data, folders.temporary(revision)]) {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  }
}

/** The data before a rollout's candidate begins. `inUse` names rollouts whose snapshots are needed whatever their age. */
export async function takeSnapshot(
  folders: AgentFolders,
  rollout: string,
  about: CopyAbout,
  inUse: readonly string[],
): Promise<CopyManifest> {
  const manifest = await copyFolder(folders.data, folders.snapshot(rollout), about);
  await forgetCopies(folders.snapshots, KEPT_SNAPSHOTS, [rollout, ...inUse]);
  return manifest;
}

/** The data as it is when the agent is taken back. */
export async function takeBackup(folders: AgentFolders, rollback: string, about: CopyAbout): Promise<CopyManifest> {
  const manifest = await copyFolder(folders.data, folders.backup(rollback), about);
  await forgetCopies(folders.backups, KEPT_BACKUPS, [rollback]);
  return manifest;
}

async function forgetCopies(folder: string, keep: number, inUse: readonly string[]): Promise<void> {
  const names = (await readdir(folder).catch(ignoreMissing)) ?? [];
  const whole = names.filter((name) => !name.endsWith(".part"));
  // One at a time is made: what is not whole was cut off, and nobody went on with it.
  const cutOff = names.filter((name) => name.endsWith(".part"));
  await removeFrom(folder, [...copiesToForget(whole, keep, inUse), ...cutOff]);
}

/** Temporary files of revisions that no longer run; `running` are kept. */
export async function forgetTemporary(folders: AgentFolders, running: readonly number[]): Promise<void> {
  const kept = running.map((revision) => basename(folders.temporary(revision)));
  const names = (await readdir(folders.temporaries).catch(ignoreMissing)) ?? [];
  await removeFrom(
    folders.temporaries,
    names.filter((name) => !kept.includes(name)),
  );
}

async function removeFrom(folder: string, names: readonly string[]): Promise<void> {
  for (const name of names) await rm(join(folder, name), { recursive: true, force: true });
}
