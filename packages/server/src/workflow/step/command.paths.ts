import { join } from "node:path";
import type { CommandName } from "@sluice/runtimes";
import type { AttemptKey } from "../attempt.store.ts";

/** Where the files of all runs are. */
export const runsFolder = (dataDir: string): string => join(dataDir, "workflows", "runs");

/** The command of an attempt: its mark, and its folder. Every part is a name that cannot lead elsewhere. */
export const commandName = (dataDir: string, { run, task, attempt }: AttemptKey): CommandName => ({
  id: `${run}.${task}.${attempt}`,
  folder: join(runsFolder(dataDir), run, task, String(attempt)),
});
