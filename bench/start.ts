/**
 * `node bench/start.ts`: how long until Sluice is ready, the first time (a new data folder: PostgreSQL is initialised, the
 * schema made) and later, beside the embedded PostgreSQL alone; and what it weighs at rest.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const MAIN = new URL("../packages/server/src/main.ts", import.meta.url).pathname;
const RUNS = 5;
const MEBIBYTE = 1_024 ** 2;

interface Start {
  milliseconds: number;
  server: ChildProcess;
}

const rows: [string, string][] = [];
const first: number[] = [];
const later: number[] = [];
const bare: number[] = [];
for (let run = 0; run < RUNS; run += 1) {
  const dataDir = mkdtempSync(join(tmpdir(), "sluice-bench-"));
  const settings = {
    SLUICE_DATA_DIR: dataDir,
    SLUICE_HTTP_PORT: "0",
    SLUICE_GATEWAY_PORT: "0",
    SLUICE_GRPC_PORT: "0",
    SLUICE_LOG_LEVEL: "info",
  };
  try {
    first.push((await start(settings)).milliseconds);
    await down(settings);
    const { milliseconds, server } = await start(settings);
    later.push(milliseconds);
    if (run === RUNS - 1) rows.push(...weigh(server, dataDir));
    await down(settings);
    bare.push(await bareNode());
  } finally {
    await down(settings);
    rmSync(dataDir, { recursive: true, force: true });
  }
}

console.log(`median of ${RUNS} runs`);
print([
  ["first start until ready", `${median(first).toFixed(0)} ms`],
  [
    "later start until ready",
    `${median(later).toFixed(0)} ms (${(median(later) / median(bare)).toFixed(1)} × a bare Node start)`,
  ],
  ["a bare Node start", `${median(bare).toFixed(0)} ms`],
  ...rows,
]);

function start(settings: Record<string, string>): Promise<Start> {
  const begun = performance.now();
  const server = spawn(process.execPath, [MAIN], { env: settings, stdio: ["ignore", "pipe", "inherit"] });
  return new Promise((resolve, reject) => {
    server.once("exit", (code) => reject(new Error(`the server ended with ${code}`)));
    let output = "";
    server.stdout.on("data", (chunk) => {
      output += chunk;
      if (output.includes('"msg":"ready"')) resolve({ milliseconds: performance.now() - begun, server });
    });
  });
}

function down(settings: Record<string, string>): Promise<void> {
  const child = spawn(process.execPath, [MAIN, "down"], { env: settings, stdio: "ignore" });
  return new Promise((resolve) => child.once("exit", () => resolve()));
}

function bareNode(): Promise<number> {
  const begun = performance.now();
  const child = spawn(process.execPath, ["-e", ""], { stdio: "ignore" });
  return new Promise((resolve) => child.once("exit", () => resolve(performance.now() - begun)));
}

/** Proportional set size (shared pages are divided) of every process of the data folder. */
function weigh(server: ChildProcess, dataDir: string): [string, string][] {
  const weights = { server: 0, gateway: 0, PostgreSQL: 0 };
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    const command = read(`/proc/${pid}/cmdline`);
    const bytes = Number(/^Pss:\s+(\d+) kB/m.exec(read(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0) * 1_024;
    if (pid === String(server.pid)) weights.server += bytes;
    else if (command.includes(dataDir) && command.includes("gateway")) weights.gateway += bytes;
    else if (command.includes(dataDir) || /^postgres: /.test(command)) weights.PostgreSQL += bytes;
  }
  return Object.entries(weights).map(([name, bytes]) => [`${name} at rest`, `${(bytes / MEBIBYTE).toFixed(0)} MiB`]);
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function print(table: readonly (readonly [string, string])[]): void {
  const width = Math.max(...table.map(([name]) => name.length));
  for (const [name, value] of table) console.log(`${name.padEnd(width)}  ${value}`);
}
