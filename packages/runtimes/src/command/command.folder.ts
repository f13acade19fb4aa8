import { join } from "node:path";

/**
 * The folder of one command:
 *
 * - `work/` what it works in, `home/` and `tmp/` its HOME and TMPDIR: gone when it has ended
 * - `outputs` lines `NAME=VALUE` that it wrote for later stages
 * - `artifacts/<name>/<path>` files that are kept
 * - `log.ndjson` a line of JSON for each line of output
 * - `host.json` which process looks after it
 * - `began` is there once the program may have run
 * - `result.json` how it ended; written last
 */
export const commandFolder = (folder: string) => ({
  work: join(folder, "work"),
  home: join(folder, "home"),
  tmp: join(folder, "tmp"),
  outputs: join(folder, "outputs"),
  artifacts: join(folder, "artifacts"),
  log: join(folder, "log.ndjson"),
  host: join(folder, "host.json"),
  began: join(folder, "began"),
  result: join(folder, "result.json"),
});

/** By this variable every process of a command is found, whatever group it has moved to. */
export const COMMAND_MARK = "SLUICE_COMMAND";

/** The same for the host, which must survive when the others are swept away. */
export const HOST_MARK = "SLUICE_COMMAND_HOST";
