import { type ChildProcess, spawn } from "node:child_process";
import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  COLLECTOR_VARIABLES,
  isOtherProcess,
  NODE_FILE,
  OF_DATAPOINT,
  OF_RESOURCE,
  RECEIVERS_FILE,
  SELECTION_FILE,
} from "@sluice/core/pipeline";
import type { RevisionFile } from "./settings.ts";

/** What may change while the collector runs. */
export interface Duty {
  /** Name of the node; series carry it. */
  node: string;
  measuresHost: boolean;
  /** Programs whose series pass; null: the pipeline does not choose. */
  programs: readonly string[] | null;
}

interface Options {
  revision: RevisionFile;
  /** The instance's own folder: its configuration is kept there. */
  folder: string;
  intakePort: number;
  telemetryPort: number;
  sinkUrl: string;
  environment: Record<string, string | undefined>;
}

export interface Otelcol {
  /** Resolves with what to say when the process has ended. */
  readonly ended: Promise<string>;
  /** Puts another duty in force; data that was taken before is finished with. */
  assign(duty: Duty): Promise<void>;
  /** Lets it finish what it has taken. */
  stop(): void;
}

const CONFIG_FILE = "collector.json";

/** Starts the collector of one instance. It writes to our own output, which is the instance's log. */
export async function startOtelcol(options: Options, duty: Duty): Promise<Otelcol> {
  const { revision, folder, environment } = options;
  await writeFile(join(folder, CONFIG_FILE), JSON.stringify(revision.collector, null, 2));
  await writeDuty(folder, duty);
  const child = spawn(revision.otelcol, ["--config", join(folder, CONFIG_FILE)], {
    cwd: folder,
    env: { ...environment, ...variablesOf(options) },
    stdio: ["ignore", "inherit", "inherit"],
  });
  return {
    ended: endOf(child),
    async assign(next) {
      await writeDuty(folder, next);
      child.kill("SIGHUP");
    },
    stop: () => child.kill("SIGTERM"),
  };
}

function variablesOf({ revision, folder, intakePort, telemetryPort, sinkUrl }: Options): Record<string, string> {
  return {
    [COLLECTOR_VARIABLES.intake]: `127.0.0.1:${intakePort}`,
    [COLLECTOR_VARIABLES.telemetryPort]: String(telemetryPort),
    [COLLECTOR_VARIABLES.sink]: sinkUrl,
    [COLLECTOR_VARIABLES.memoryMib]: String(revision.memoryMib),
    [COLLECTOR_VARIABLES.folder]: folder,
    GOMEMLIMIT: `${Math.ceil(revision.memoryMib * 0.9)}MiB`,
    ...(revision.cpus !== null && { GOMAXPROCS: String(Math.max(1, Math.ceil(revision.cpus))) }),
  };
}

/** Written whole or not at all: the collector reads these files when it is told to. */
async function writeDuty(folder: string, { node, measuresHost, programs }: Duty): Promise<void> {
  const receivers = measuresHost ? ["otlp", "host_metrics"] : ["otlp"];
  const files: [string, string][] = [
    [NODE_FILE, node],
    [RECEIVERS_FILE, JSON.stringify(receivers)],
    [SELECTION_FILE, JSON.stringify(selectionFilter(programs ?? []))],
  ];
  for (const [name, content] of files) {
    await writeFile(join(folder, `${name}.new`), content);
    await rename(join(folder, `${name}.new`), join(folder, name));
  }
}

/** Settings of the collector's filter that drops what is about other programs. */
export const selectionFilter = (programs: readonly string[]) => ({
  error_mode: "ignore",
  metrics: {
    metric: [isOtherProcess(OF_RESOURCE, programs)],
    datapoint: [isOtherProcess(OF_DATAPOINT, programs)],
  },
});

const endOf = (child: ChildProcess): Promise<string> =>
  new Promise((resolve) => {
    child.once("error", (error) => resolve(`otelcol could not be started: ${error.message}`));
    child.once("exit", (code, signal) =>
      resolve(signal === null ? `otelcol ended with code ${code}` : `otelcol was ended by ${signal}`),
    );
  });
