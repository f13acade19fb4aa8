import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { selectionFilter } from "@sluice/collector";
import {
  COLLECTOR_VARIABLES,
  NODE_FILE,
  RECEIVERS_FILE,
  renderPipeline,
  SELECTION_FILE,
  SluiceError,
} from "@sluice/core";
import { type Finding, fail, pass } from "../../engine/checks/finding.ts";
import type { Check, CheckContext } from "../../engine/checks.ts";
import { findOtelcol, NO_OTELCOL } from "./otelcol.program.ts";

/** What only pipelines are asked, for candidates that run on this machine. */
export const pipelineChecks: readonly Check[] = [
  { name: "collector", type: "filesystem", severity: "critical", run: checkCollector },
  { name: "collectors", type: "environment", severity: "critical", run: checkCluster },
  { name: "collector-configuration", type: "configuration", severity: "critical", run: checkConfiguration },
];

const runsHere = ({ candidate: { target } }: CheckContext): boolean => target.type === "process";

async function checkCollector(context: CheckContext): Promise<Finding | null> {
  if (!runsHere(context)) return null;
  const file = await findOtelcol(context.programPath);
  return file === null ? fail(NO_OTELCOL) : pass(`the collector is ${file}`);
}

/** In a cluster an operator makes the collectors. */
async function checkCluster({ candidate: { target }, collectors }: CheckContext): Promise<Finding | null> {
  if (target.type !== "kubernetes" || collectors === undefined) return null;
  try {
    const there = await collectors(target);
    const ailment = (await there?.ailment()) ?? null;
    return ailment === null ? pass("the cluster knows pipelines") : fail(ailment);
  } catch (error) {
    if (error instanceof SluiceError) return fail(error.message);
    throw error;
  }
}

/** The collector itself reads what would run; what it says of a configuration is the answer. */
async function checkConfiguration(context: CheckContext): Promise<Finding | null> {
  const { spec, config } = context.candidate;
  const otelcol = runsHere(context) ? await findOtelcol(context.programPath) : null;
  if (otelcol === null || !("parameters" in spec) || !("template" in spec || "config" in spec)) return null;
  try {
    const { collector } = renderPipeline(spec, config.parameters);
    const problem = await validateCollector(otelcol, collector, context.signal);
    return problem === null
      ? pass(`${otelcol} accepts the configuration`)
      : fail(`the collector refuses its configuration: ${problem}`);
  } catch (error) {
    if (error instanceof SluiceError) return fail(error.message);
    throw error;
  }
}

const run = promisify(execFile);
const MOST_MS = 30_000;
const SAID = 1_000;

/** What the collector has against a configuration; null when it accepts it. */
export async function validateCollector(
  otelcol: string,
  collector: object,
  signal?: AbortSignal,
): Promise<string | null> {
  const folder = await mkdtemp(join(tmpdir(), "sluice-otelcol-"));
  try {
    const file = join(folder, "collector.json");
    await writeFile(file, JSON.stringify(collector), { mode: 0o600 });
    await writeFile(join(folder, NODE_FILE), "local");
    await writeFile(join(folder, RECEIVERS_FILE), JSON.stringify(["otlp", "host_metrics"]));
    await writeFile(join(folder, SELECTION_FILE), JSON.stringify(selectionFilter([])));
    const env = {
      [COLLECTOR_VARIABLES.intake]: "127.0.0.1:4318",
      [COLLECTOR_VARIABLES.sink]: "http://127.0.0.1:4319",
      [COLLECTOR_VARIABLES.telemetryPort]: "8888",
      [COLLECTOR_VARIABLES.memoryMib]: "512",
      [COLLECTOR_VARIABLES.folder]: folder,
    };
    await run(otelcol, ["validate", "--config", file], { env, timeout: MOST_MS, ...(signal && { signal }) });
    return null;
  } catch (error) {
    const said = error instanceof Error && "stderr" in error ? String(error.stderr).trim() : "";
    return said === "" ? `it gave no answer (${String(error)})` : said.replaceAll(folder, "").slice(0, SAID);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
