import { readInstanceConfig } from "./config.ts";
import { supervise } from "./supervisor.ts";

/** The program of a pipeline's instances: `main.ts <folder of the deployment> <revision>`. It runs one OpenTelemetry Collector. */
const [folder, revision] = process.argv.slice(2);
const config = readInstanceConfig();
if (folder === undefined || !/^\d+$/.test(revision ?? "") || config === null) {
  process.stderr.write("usage: main.ts <folder> <revision>, with PORT and SLUICE_INSTANCE as a runtime gives them\n");
  process.exit(2);
}

const stop = new AbortController();
for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => stop.abort());
const ended = await supervise({ ...config, folder, ownFolder: process.cwd(), revision: Number(revision) }, stop.signal);
if (ended !== null) {
  process.stderr.write(`${ended}\n`);
  process.exitCode = 1;
}
