import type { ChildProcess } from "node:child_process";
import type { Run, Watcher } from "../supervision/driver.ts";
import { describeExit, UNWATCHED } from "../supervision/exit-reason.ts";
import { type Look, probeUntil } from "../supervision/probing.ts";
import { MARK } from "./launch.ts";
import {
  groupMembers,
  isAlive,
  killQuietly,
  type ProcessIdentity,
  processesWithVariable,
  signalGroup,
} from "./process-table.ts";

interface RunOptions {
  id: string;
  identity: ProcessIdentity;
  /** One look at it; null where its own end is all there is to see. */
  look: Look | null;
  /** Null: adopted, so its exit is polled for and its status never known. */
  child: ChildProcess | null;
  watcher: Watcher;
  /** Once nothing of it is left. */
  onClear(): void;
}

/** The watch over one process, ours or adopted. */
export function watchProcess({ id, identity, look, child, watcher, onClear }: RunOptions): Run {
  const probing = new AbortController();
  let exit: string | null = null;
  let well = false;
  child?.once("exit", (code, signal) => {
    exit = describeExit(code, signal);
    well = code === 0;
    watcher.onEnd();
  });
  // A failed kill reports here; without a listener it would end this process.
  child?.on("error", () => undefined);
  void probeUntil(probing.signal, look, watcher);

  return {
    ended: () => (child === null && exit === null && !isAlive(identity) ? UNWATCHED : exit),
    endedWell: () => well,
    hasMembers: () => groupMembers(identity).length > 0,
    terminate: async () => signalGroup(identity, "SIGTERM"),
    kill: async () => endFamily(id, identity),
    async clear() {
      endFamily(id, identity);
      onClear();
    },
    stopProbing: () => probing.abort(),
  };
}

/** Kills every process that was started as part of the instance, its group's and those that left it. */
export function endFamily(id: string, leader: ProcessIdentity | null): void {
  if (leader !== null) signalGroup(leader, "SIGKILL");
  for (const stray of processesWithVariable(MARK, id)) killQuietly(stray);
}
