/**
 * Reads and creations a second of the API, beside bare Fastify that answers the same bytes (at once, or after one query
 * for one row), and beside bare commits of one row to the same PostgreSQL. All take turns in short rounds, so that a
 * machine that is busy with other things is as slow for the one as for the other; the table has the middle round's rates.
 *
 *     node bench/api.ts
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import autocannon from "autocannon";
import pg from "pg";

const ROUNDS = 3;
const ROUND_SECONDS = 3;
const WARM_UP_SECONDS = 2;
const CONNECTIONS = 10;

interface Addresses {
  api: string;
  bare: string;
  database: string;
  deployment: string;
}

interface Rate {
  /** A second. */
  rate: number;
  /** Milliseconds. */
  p99: number;
}

type Load = (seconds: number) => Promise<Rate>;

const server = fork(new URL("api.server.ts", import.meta.url).pathname);
try {
  const { api, bare, database, deployment } = await new Promise<Addresses>((resolve, reject) => {
    server.once("message", (message) => resolve(message as Addresses));
    server.once("exit", (code) => reject(new Error(`the server ended with ${code}`)));
  });
  const reads = await takeTurns([
    requests({ url: bare }),
    requests({ url: `${bare}/row` }),
    requests({ url: `${api}/v1/deployments/${deployment}` }),
  ]);
  const writes = await takeTurns([commits(database), requests({ url: `${api}/v1/deployments`, ...creation() })]);
  print([
    ["", "a second", "p99 ms", "ratio"],
    ...compared(["bare Fastify", "bare Fastify, one row of PostgreSQL", "GET /v1/deployments/{id}"], reads),
    ...compared(["bare commits of one row", "POST /v1/deployments"], writes),
  ]);
} finally {
  if (server.connected) server.disconnect();
  if (server.exitCode === null) await once(server, "exit");
}

/** Each load's rounds; after a first turn that only warms up. */
async function takeTurns(loads: readonly Load[]): Promise<Rate[][]> {
  for (const load of loads) await load(WARM_UP_SECONDS);
  const rates: Rate[][] = loads.map(() => []);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [index, load] of loads.entries()) rates[index]?.push(await load(ROUND_SECONDS));
  }
  return rates;
}

function requests(options: Omit<autocannon.Options, "connections" | "duration">): Load {
  return async (seconds) => {
    const result = await autocannon({ ...options, connections: CONNECTIONS, duration: seconds });
    const refused = result.non2xx + result.errors;
    if (refused > 0) throw new Error(`${options.url}: ${refused} requests were not answered well`);
    return { rate: result["2xx"] / result.duration, p99: result.latency.p99 };
  };
}

/** Every request creates a deployment of its own, with a revision, a rollout, events, an audit entry and a wake. */
function creation(): Omit<autocannon.Options, "url" | "connections" | "duration"> {
  let count = 0;
  const body = (): string => {
    count += 1;
    return JSON.stringify({ name: `bench-${count}`, artifact: "bench", version: "1.0.0", environment: "development" });
  };
  return {
    method: "POST",
    headers: { "content-type": "application/json" },
    requests: [{ setupRequest: (request) => ({ ...request, body: body() }) }],
  };
}

function commits(connectionString: string): Load {
  const insert = { name: "insert", text: "insert into bench_rows (body) values ($1)", values: ["x".repeat(200)] };
  return async (seconds) => {
    const pool = new pg.Pool({ connectionString, max: CONNECTIONS });
    const times: number[] = [];
    const begun = performance.now();
    const work = async (): Promise<void> => {
      for (let now = begun; now - begun < seconds * 1_000; ) {
        await pool.query(insert);
        times.push(performance.now() - now);
        now = performance.now();
      }
    };
    await Promise.all(Array.from({ length: CONNECTIONS }, work));
    const elapsed = (performance.now() - begun) / 1_000;
    await pool.end();
    times.sort((left, right) => left - right);
    return { rate: times.length / elapsed, p99: times[Math.floor(times.length * 0.99)] ?? 0 };
  };
}

/** A row for each load; its ratio is that to the first load in the same round, the middle one of all rounds. */
function compared(names: readonly string[], loads: readonly Rate[][]): string[][] {
  const [first = []] = loads;
  return loads.map((rounds, index) => {
    const ratio = middle(rounds.map(({ rate }, round) => rate / (first[round]?.rate ?? 0)));
    const rate = Math.round(middle(rounds.map((round) => round.rate)));
    const p99 = middle(rounds.map((round) => round.p99));
    return [names[index] ?? "", rate.toLocaleString("en"), p99.toFixed(1), ratio.toFixed(2)];
  });
}

function middle(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function print(rows: readonly string[][]): void {
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  for (const row of rows) {
    const cells = row.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
    );
    console.log(cells.join("  "));
  }
}
