import { supervise } from "./supervisor.ts";

/**
 * The program of a pipeline's instances: `main.ts <folder of the deployment> <revision>`. It runs one OpenTelemetry Collector
 * and shows it on `PORT`. What a runtime tells its instances is read here and nowhere else.
 */
const [folder, revision] = process.argv.slice(2);
const { PORT, SLUICE_INSTANCE, PATH, HOME, TMPDIR, LANG, TZ } = process.env;
if (folder === undefined || !/^\d+$/.test(revision ?? "") || PORT === undefined || SLUICE_INSTANCE === undefined) {
  process.stderr.write("usage: main.ts <folder> <revision>, with PORT and SLUICE_INSTANCE as a runtime gives them\n");
  process.exit(2);
}

const stop = new AbortController();
for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => stop.abort());
const ended = await supervise(
  {
    folder,
    ownFolder: process.cwd(),
    revision: Number(revision),
    instance: SLUICE_INSTANCE,
    port: Number(PORT),
    environment: { PATH, HOME, TMPDIR, LANG, TZ, SLUICE_INSTANCE },
  },
  stop.signal,
);
if (ended !== null) {
  process.stderr.write(`${ended}\n`);
  process.exitCode = 1;
}
