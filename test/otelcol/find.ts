import { spawnSync } from "node:child_process";

const found = spawnSync("sh", ["-c", 'command -v otelcol || command -v "$HOME/.cache/sluice/otelcol/otelcol"'], {
  encoding: "utf8",
});

/** The collector on PATH, else the one that build.sh has built; null when there is neither. */
export const OTELCOL: string | null = found.status === 0 ? found.stdout.trim() : null;

export const WITHOUT_OTELCOL = "left out: otelcol is neither on PATH nor built by test/otelcol/build.sh";

if (OTELCOL === null) process.stderr.write(`${WITHOUT_OTELCOL}\n`);
