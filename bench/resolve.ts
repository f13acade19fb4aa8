/**
 * Readings of a prompt a second on one core, over HTTP, beside bare node:http that answers the same bytes: 32 keep-alive
 * connections, a canary at 10 %, sticky by key, tokens asked for. `node bench/resolve.ts [seconds per run]`
 *
 * Both take turns in short rounds, because a machine's speed drifts, and the middle rounds are told. Processor time per
 * reading is told too: it hardly depends on what else the machine does. The server runs with everything that it always runs.
 */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient, ok } from "@sluice/client";
import { loader, saturate } from "./gateway/load.ts";
import { firstLine, median, printTable, processorTime, start, stop } from "./gateway/processes.ts";

const ROUNDS = 5;
const seconds = Number(process.argv[2] ?? 4);
const WANTED = 20_000;

const folder = await mkdtemp(join(tmpdir(), "sluice-bench-resolve-"));
const server = start(true, "env", [
  `SLUICE_DATA_DIR=${folder}`,
  ...["SLUICE_HTTP_PORT=0", "SLUICE_GATEWAY_PORT=0", "SLUICE_GRPC_PORT=0", "SLUICE_AUTH=on", "SLUICE_LOG_LEVEL=silent"],
  "SLUICE_RESOLVE_LIMIT=10000000",
  process.execPath,
  new URL("../packages/server/src/main.ts", import.meta.url).pathname,
]);
const bare = start(true, process.execPath, [new URL("resolve.bare.ts", import.meta.url).pathname]);

try {
  const { url, pid } = await ready();
  const token = (await readFile(join(folder, "admin-token"), "utf8")).trim();
  await deliver(createClient({ url, token }));
  const path = "/v1/resolve/greeting?key=user-4711&environment=development";
  const headers = { authorization: `Bearer ${token}` };
  const answer = await fetch(`${url}${path}`, { headers });
  const body = await answer.text();
  const barePort = Number(await firstLine(bare));
  await fetch(`http://127.0.0.1:${barePort}/`, { method: "PUT", body });

  const peers = [
    { name: "GET /v1/resolve/{deployment}", port: Number(new URL(url).port), pid },
    { name: "bare node:http, the same bytes", port: barePort, pid: bare.pid ?? 0 },
  ].map((peer) => ({ ...peer, rates: [] as number[], costs: [] as number[] }));
  for (const { port } of peers) await saturate(port, 2, { path, headers });
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const { port, pid: measured, rates, costs } of peers) {
      const before = processorTime(measured, false);
      const { requests, seconds: took } = await saturate(port, seconds, { path, headers });
      const after = processorTime(measured, false);
      rates.push(requests / took);
      if (before !== null && after !== null) costs.push((after - before) / requests);
    }
  }
  console.log(`${body.length} bytes an answer, load by ${loader}\n`);
  const [ours = { rates: [], costs: [] }, theirs = { rates: [], costs: [] }] = peers;
  printTable([
    ["", "a second", "µs of processor", "per busy core and second", "wanted"],
    ...peers.map(({ name, rates, costs }) => [
      name,
      median(rates).toFixed(0),
      median(costs).toFixed(1),
      (1_000_000 / median(costs)).toFixed(0),
      name.startsWith("GET") ? `≥ ${WANTED}` : "",
    ]),
    ["ratio", ratio(ours.rates, theirs.rates), ratio(ours.costs, theirs.costs), "", ""],
  ]);
} finally {
  await Promise.all([stop(server), stop(bare)]);
  const down = start(false, "env", [
    `SLUICE_DATA_DIR=${folder}`,
    process.execPath,
    new URL("../packages/server/src/main.ts", import.meta.url).pathname,
    "down",
  ]);
  await new Promise((resolve) => down.once("exit", resolve));
  await rm(folder, { recursive: true, force: true });
}

/** The middle one of the ratios of each round. */
function ratio(left: readonly number[], right: readonly number[]): string {
  return median(left.map((value, round) => value / (right[round] ?? Number.NaN))).toFixed(2);
}

async function ready(): Promise<{ url: string; pid: number }> {
  for (;;) {
    const info = JSON.parse(await readFile(join(folder, "server.json"), "utf8").catch(() => "null"));
    if (info !== null && (await fetch(`${info.url}/readyz`).catch(() => null))?.ok === true) return info;
    if (server.exitCode !== null) throw new Error(`the server ended with ${server.exitCode}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** A prompt of two versions, the second one at 10 %. */
async function deliver(client: ReturnType<typeof createClient>): Promise<void> {
  const { http } = client;
  await ok(http.POST("/v1/artifacts", { body: { name: "greeting", kind: "prompt" } }));
  const messages = [
    { role: "system", content: "You greet customers of a bookshop. Be brief, be kind, and never promise anything." },
    { role: "user", content: "Greet {{customer}}." },
  ];
  for (const version of ["1.0.0", "1.1.0"]) {
    const spec = { messages, variables: [{ name: "customer" }], model: "small", parameters: { temperature: 0.2 } };
    const params = { path: { name: "greeting" } };
    await ok(http.POST("/v1/artifacts/{name}/versions", { params, body: { version, spec } }));
  }
  const body = { name: "greeting", artifact: "greeting", version: "1.0.0", environment: "development" };
  const { rollout } = await ok(http.POST("/v1/deployments", { body }));
  await client.waitForRollout(rollout.id, { timeoutMs: 60_000 });
  const strategy = { type: "canary" as const, steps: [{ setWeight: 10 }, { wait: { seconds: 86_400 } }] };
  const params = { path: { id: "greeting" } };
  await ok(http.PATCH("/v1/deployments/{id}", { params, body: { version: "1.1.0", strategy } }));
}
