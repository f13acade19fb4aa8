/**
 * How soon the gateway's guard closes on a candidate that fails every request, at 10 % weight and 200 requests a second:
 * errors that callers saw, and milliseconds from the first of them until the candidate had 0 %.
 * `node bench/guard.ts [runs]`
 */
import { once } from "node:events";
import { Agent, createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { splitRoute, startGateway } from "./gateway/peers.ts";
import { printTable, quantile, stop } from "./gateway/processes.ts";

const RUNS = Number(process.argv[2] ?? 50);
const RATE = 200;
/** Traffic goes on for so long after the closing: none of it may fail. */
const AFTERWARDS_MS = 150;

async function instance(status: number): Promise<{ port: number; close(): void }> {
  const server = createServer((_request, response) => {
    response.writeHead(status, { "content-length": 2 });
    response.end("ok");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { port: (server.address() as AddressInfo).port, close: () => void server.close().closeAllConnections() };
}

const stable = await instance(200);
const candidate = await instance(500);
const gateway = await startGateway();
const agent = new Agent({ keepAlive: true });
const watching = new AbortController();
let onClosed: (hypothesis: string, at: number) => void = () => undefined;
const watch = (async () => {
  for await (const { routes } of gateway.admin.stream(watching.signal)) {
    const guard = routes[0]?.guard;
    if (guard?.closed) onClosed(guard.hypothesis, guard.closed.at);
  }
})();

const ask = (): Promise<number> =>
  new Promise((resolve, reject) => {
    request({ port: gateway.port, host: "127.0.0.1", agent }, (response) => {
      response.resume().on("end", () => resolve(response.statusCode ?? 0));
    })
      .on("error", reject)
      .end();
  });

interface Run {
  errors: number;
  requests: number;
  /** From the first error that a caller saw to the tick in which the candidate lost its traffic. */
  ms: number;
}

async function run(number: number): Promise<Run> {
  const route = splitRoute(stable.port, candidate.port);
  const hypothesis = `bench/${number}`;
  const closing = new Promise<number>((resolve) => {
    onClosed = (closed, at) => {
      if (closed === hypothesis) resolve(at);
    };
  });
  const guard = route.guard === null ? null : { ...route.guard, hypothesis };
  await gateway.admin.putRoute({ ...route, epoch: number + 1, guard });
  let firstErrorAt = 0;
  let errors = 0;
  let requests = 0;
  let running = true;
  const pending: Promise<void>[] = [];
  const timer = setInterval(() => {
    if (!running) return;
    requests += 1;
    pending.push(
      ask().then((status) => {
        if (status < 500) return;
        errors += 1;
        if (firstErrorAt === 0) firstErrorAt = Date.now();
      }),
    );
  }, 1_000 / RATE);
  const closedAt = await closing;
  await new Promise((resolve) => setTimeout(resolve, AFTERWARDS_MS));
  running = false;
  clearInterval(timer);
  await Promise.all(pending);
  return { errors, requests, ms: closedAt - firstErrorAt };
}

try {
  const runs: Run[] = [];
  for (let number = 1; number <= RUNS; number += 1) runs.push(await run(number));
  const row = (name: string, values: number[], wanted: string): string[] => [
    name,
    ...[0.5, 0.9, 1].map((q) => quantile(values, q).toFixed(0)),
    wanted,
  ];
  console.log(`\nGuard against a candidate that fails every request (10 %, ${RATE} requests/s, ${RUNS} runs)\n`);
  printTable([
    ["", "median", "p90", "max", "wanted"],
    row(
      "errors that callers saw",
      runs.map(({ errors }) => errors),
      "≤ 10",
    ),
    row(
      "ms from the first error to 0 %",
      runs.map(({ ms }) => ms),
      "≤ 500",
    ),
  ]);
} finally {
  watching.abort();
  await watch;
  agent.destroy();
  await stop(gateway.child);
  stable.close();
  candidate.close();
}
