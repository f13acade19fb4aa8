import { readInstanceConfig } from "./config.ts";
import { readRevision, revisionFile } from "./settings.ts";
import { openStand, standOfPod } from "./stand.ts";
import { supervise } from "./supervisor.ts";

/**
 * The program of a pipeline's instances, which runs one OpenTelemetry Collector: `main.ts <folder of the deployment> <revision>`
 * on a machine, without arguments in a pod.
 */
const [folder, revision] = process.argv.slice(2);
const config = readInstanceConfig();
const isPlaced = config?.pod != null || (folder !== undefined && /^\d+$/.test(revision ?? ""));
if (config === null || !isPlaced) {
  process.stderr.write(
    "usage: main.ts <folder> <revision>, or SLUICE_PIPELINE_FILE and SLUICE_NODE in a pod; with PORT and SLUICE_INSTANCE\n",
  );
  process.exit(2);
}

const stop = new AbortController();
for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => stop.abort());
const { pod, instance } = config;
const onMachine = { folder: folder ?? "", revision: Number(revision), instance };
const ended = await supervise(
  {
    ...config,
    ownFolder: process.cwd(),
    load: () => readRevision(pod === null ? revisionFile(onMachine.folder, onMachine.revision) : pod.file),
    open: () => (pod === null ? openStand(onMachine) : standOfPod(pod)),
  },
  stop.signal,
);
if (ended !== null) {
  process.stderr.write(`${ended}\n`);
  process.exitCode = 1;
}
