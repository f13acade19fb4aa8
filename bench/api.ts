/**
 * `node bench/api.ts`: reads and creations a second of the API, beside bare Fastify that answers the same bytes and beside
 * bare commits to the same PostgreSQL by as many connections, all in one run and each in a process of its own.
 */
import { fork } from "node:child_process";
import autocannon from "autocannon";
import pg from "pg";

const SECONDS = 10;
const CONNECTIONS = 10;

interface Addresses {
  api: string;
  bare: string;
  database: string;
  deployment: string;
}

const server = fork(new URL("api.server.ts", import.meta.url).pathname);
const addresses = await new Promise<Addresses>((resolve, reject) => {
  server.once("message", (message) => resolve(message as Addresses));
  server.once("exit", (code) => reject(new Error(`the server ended with ${code}`)));
});

try {
  const bareReads = await perSecond({ url: addresses.bare });
  const reads = await perSecond({ url: `${addresses.api}/v1/deployments/${addresses.deployment}` });
  const creates = await perSecond({ url: `${addresses.api}/v1/deployments`, ...creation() });
  const commits = await commitsPerSecond();
  print([
    ["", "a second", "p99 ms", "ratio"],
    ["bare Fastify, the same bytes", whole(bareReads.rate), bareReads.p99, "1"],
    ["GET /v1/deployments/{id}", whole(reads.rate), reads.p99, (reads.rate / bareReads.rate).toFixed(3)],
    ["bare PostgreSQL commits of one row", whole(commits), "", "1"],
    ["POST /v1/deployments", whole(creates.rate), creates.p99, (creates.rate / commits).toFixed(3)],
  ]);
} finally {
  server.send("stop");
}

interface Result {
  rate: number;
  p99: string;
}

async function perSecond(options: Omit<autocannon.Options, "connections" | "duration">): Promise<Result> {
  const run = { ...options, connections: CONNECTIONS };
  await autocannon({ ...run, duration: 2 });
  const result = await autocannon({ ...run, duration: SECONDS });
  const refused = result.non2xx + result.errors;
  if (refused > 0) throw new Error(`${options.url}: ${refused} requests were not answered well`);
  return { rate: result["2xx"] / result.duration, p99: result.latency.p99.toFixed(1) };
}

/** Every request creates a deployment of its own, with a revision, a rollout, events, an audit entry and a wake. */
function creation(): Omit<autocannon.Options, "url" | "connections" | "duration"> {
  const run = process.pid.toString(36);
  let count = 0;
  const body = (): string => {
    count += 1;
    const name = `bench-${run}-${count}`;
    return JSON.stringify({ name, artifact: "bench", version: "1.0.0", environment: "development" });
  };
  return {
    method: "POST",
    headers: { "content-type": "application/json" },
    requests: [{ setupRequest: (request) => ({ ...request, body: body() }) }],
  };
}

async function commitsPerSecond(): Promise<number> {
  const pool = new pg.Pool({ connectionString: addresses.database, max: CONNECTIONS });
  const body = JSON.stringify({ name: "bench", text: "x".repeat(200) });
  let count = 0;
  const begun = performance.now();
  const until = begun + SECONDS * 1_000;
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      for (; performance.now() < until; count += 1) {
        await pool.query("insert into bench_commits (body) values ($1)", [body]);
      }
    }),
  );
  const seconds = (performance.now() - begun) / 1_000;
  await pool.end();
  return count / seconds;
}

function whole(rate: number): string {
  return Math.round(rate).toLocaleString("en");
}

function print(rows: string[][]): void {
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  for (const row of rows) {
    console.log(
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
        .join("  "),
    );
  }
}
