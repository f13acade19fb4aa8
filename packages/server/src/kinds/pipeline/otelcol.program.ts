import { access, constants, stat } from "node:fs/promises";
import { delimiter, join } from "node:path";

export const OTELCOL = "otelcol";

/** Distributions of the collector, in the order in which they are taken. */
const NAMES = [OTELCOL, "otelcol-contrib"];

/** Absolute path of the collector in the folders of `path`, as the variable PATH has them; null when there is none. */
export async function findOtelcol(path: string): Promise<string | null> {
  for (const name of NAMES) {
    for (const folder of path.split(delimiter).filter((entry) => entry !== "")) {
      const file = join(folder, name);
      if (await isProgram(file)) return file;
    }
  }
  return null;
}

export const NO_OTELCOL =
  "otelcol, the OpenTelemetry Collector, is not on PATH; install it (a distribution with the host_metrics receiver and the filter, transform and resource processors)";

async function isProgram(file: string): Promise<boolean> {
  const found = await stat(file).catch(() => null);
  if (found === null || !found.isFile()) return false;
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}
