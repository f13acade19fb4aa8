import { constants } from "node:os";
import type { ContainerInspectInfo } from "dockerode";
import type { Output } from "../supervision/deployment.logs.ts";
import type { Run, Watcher } from "../supervision/driver.ts";
import { describeExit } from "../supervision/exit-reason.ts";
import type { RuntimeLogger } from "../supervision/policy.ts";
import { type Look, probeUntil } from "../supervision/probing.ts";
import { copyLogs } from "./container.log.ts";
import type { Daemon } from "./daemon.ts";

export interface ContainerRun extends Run {
  /** Asks the daemon how the container is: to be called when something may have happened to it. */
  refresh(): Promise<void>;
  /** Ends the watch, not the container. */
  leave(): Promise<void>;
}

interface RunOptions {
  daemon: Daemon;
  container: string;
  folder: string;
  output: Output;
  look: Look | null;
  watcher: Watcher;
  logger: RuntimeLogger;
  /** Said with the reason of every end. */
  hint: string | null;
  onClear(): void;
}

type State = ContainerInspectInfo["State"];

/** The watch over one container, started by us or adopted. */
export function watchContainer(options: RunOptions): ContainerRun {
  const { daemon, container, folder, output, look, watcher, logger, hint, onClear } = options;
  const probing = new AbortController();
  const log = copyLogs({ daemon, container, folder, output, logger });
  let end: { how: string; well: boolean } | null = null;
  let stopSignal = "SIGTERM";
  void probeUntil(probing.signal, look, watcher);

  async function refresh(): Promise<void> {
    if (end !== null) return;
    const found = await daemon.find(`looking at container ${container}`, (docker, with_) =>
      docker.getContainer(container).inspect(with_),
    );
    if (found !== null) stopSignal = stopSignalOf(found) ?? stopSignal;
    if (found !== null && (found.State.Running || found.State.Restarting)) return;
    const how = found === null ? "its container was removed by somebody else" : describeEnd(found.State);
    end = { how: hint === null ? how : `${how} (${hint})`, well: found?.State.ExitCode === 0 };
    watcher.onEnd();
  }

  async function signal(name: string): Promise<void> {
    await refresh();
    if (end !== null) return;
    const sent = daemon.call(`sending ${name} to container ${container}`, (docker, with_) =>
      docker.getContainer(container).kill({ signal: name, ...with_ }),
    );
    // It may have ended in between; whether it did, the daemon knows.
    await sent.catch(async (error: unknown) => {
      await refresh();
      if (end === null) throw error;
    });
  }

  return {
    refresh,
    ended: () => end?.how ?? null,
    endedWell: () => end?.well ?? false,
    hasMembers: () => false,
    terminate: () => signal(stopSignal),
    kill: () => signal("SIGKILL"),
    async clear() {
      await log.finish();
      await removeContainer(daemon, container);
      onClear();
    },
    stopProbing: () => probing.abort(),
    async leave() {
      probing.abort();
      await log.close();
    },
  };
}

/** Ends and removes a container with its anonymous volumes; it may be gone already. */
export async function removeContainer(daemon: Daemon, container: string): Promise<void> {
  await daemon.find(`removing container ${container}`, (docker, with_) =>
    docker.getContainer(container).remove({ force: true, v: true, ...with_ }),
  );
}

/** What the image asks to be stopped by, by name or, as Podman has it, by number. */
function stopSignalOf({ Config }: ContainerInspectInfo): string | null {
  const asked = "StopSignal" in Config ? String(Config.StopSignal ?? "") : "";
  return asked === "" || asked === "0" ? null : asked;
}

export function describeEnd({ ExitCode: code, OOMKilled, Error: complaint }: State): string {
  const signal = code > 128 ? signalName(code - 128) : null;
  const how = signal === null ? describeExit(code, null) : describeExit(null, signal);
  const memory = OOMKilled ? `${how}, for it used more memory than its limit` : how;
  return complaint === "" || complaint === undefined ? memory : `${memory}: ${complaint}`;
}

const signalName = (number: number): NodeJS.Signals | null =>
  (Object.entries(constants.signals) as [NodeJS.Signals, number][]).find(([, value]) => value === number)?.[0] ?? null;
