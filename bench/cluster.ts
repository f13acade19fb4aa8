/**
 * One cluster with many deployments: a real API server whose nodes are played by KWOK and whose Gateway accepts every route,
 * a server with its embedded database, and `sluice operator`, each a process of its own.
 *
 *     node bench/cluster.ts [deployments]
 *
 * Measures how long first deliveries and canaries of three weights take with all at once, how late their timed steps are, how
 * long it is from `kubectl apply` of a `sluice.dev` object to its first weight in force, and what all of it weighs. Requests are
 * counted in the API server's audit log, beside those of a kubectl script that carries the same objects through the same
 * weights, and beside those of the cluster's own controllers. Needs what `test/kubernetes/build.sh` builds.
 */
import { setTimeout as delay } from "node:timers/promises";
import { rollOutByHand } from "./cluster/by-hand.ts";
import { createAll, deploymentNames, durations, lateness, rollOutAll } from "./cluster/deliveries.ts";
import { memoryOf, quantile, spread, timed } from "./cluster/figures.ts";
import { applyAll, startOperator } from "./cluster/operator.ts";
import { openPlace, USERS } from "./cluster/place.ts";
import { CONTROLLERS, type Requests, spoken, total } from "./cluster/requests.ts";
import { followWeights } from "./cluster/weights.ts";

const COUNT = Number(process.argv[2] ?? 500);
/** Of them, how many are rolled out at once, and how many further ones are brought by the operator. */
const SOME = Math.min(COUNT, 50);
const ALONE = 5;
const BY_HAND = 3;
const REST_SECONDS = 30;

const rows: [string, string][] = [];
const row = (name: string, value: string): void => {
  rows.push([name, value]);
  console.error(`${name}: ${value}`);
};
const mebibytes = (value: number): string => `${Math.round(value)} MiB`;

await using place = await openPlace();
// Whoever has seen enough leaves nothing behind either.
for (const signal of ["SIGINT", "SIGTERM"])
  process.once(signal, () => void Promise.resolve(place[Symbol.asyncDispose]()).finally(() => process.exit(1)));
const { system, cluster, requests } = place;
const names = deploymentNames(COUNT);

row("memory of the server, with nothing to do", mebibytes(await memoryOf(system.pid)));
await measureCreation();
const rest = await measureRest(USERS.server, `the server, ${COUNT} deployments at rest`);
row("memory of the server at rest", mebibytes(await memoryOf(system.pid)));
const byHand = await measureByHand();
await measureRollouts(rest, byHand);
await measureOperator();
print(rows);

async function measureCreation(): Promise<void> {
  const counted = requests.count();
  let times: number[] = [];
  const took = await timed(async () => {
    times = durations(await createAll(system, names));
  });
  row(`${COUNT} first deliveries at once, until all run`, `${(took / 1_000).toFixed(1)} s`);
  row("a first delivery", spread(times));
  row("requests a first delivery", perRollout(await counted(USERS.server), COUNT));
  row("memory of the server after that", mebibytes(await memoryOf(system.pid)));
}

/** Requests a second. */
async function measureRest(user: string, what: string): Promise<number> {
  const counted = requests.count();
  const took = await timed(() => delay(REST_SECONDS * 1_000));
  const rate = total(await counted(user)) / (took / 1_000);
  row(`requests a second of ${what}`, rate.toFixed(2));
  return rate;
}

async function measureByHand(): Promise<number> {
  const [first = ""] = names;
  // What kubectl learns of the cluster once is not counted.
  await rollOutByHand(cluster, first, 1);
  const counted = requests.count();
  await rollOutByHand(cluster, first, BY_HAND);
  return total(await counted(USERS.script)) / BY_HAND;
}

async function measureRollouts(atRest: number, scripted: number): Promise<void> {
  const counted = requests.count();
  const begun = performance.now();
  const ended = await rollOutAll(system, names.slice(0, SOME));
  const seconds = (performance.now() - begun) / 1_000;
  const [own, controllers] = [await counted(USERS.server), await counted(CONTROLLERS)];
  const each = (total(own) - atRest * seconds) / SOME;
  row(`${SOME} canaries of three weights at once`, `${seconds.toFixed(1)} s, one ${spread(durations(ended))}`);
  const late = lateness(ended);
  row("lateness of their timed steps", `${spread(late)}, worst ${(quantile(late, 1) / 1_000).toFixed(2)} s`);
  row("requests a canary", `${each.toFixed(1)} (${spoken(own, SOME)})`);
  row(
    "requests of a kubectl script for the same",
    `${scripted.toFixed(1)}: ours are ${(each / scripted).toFixed(2)} ×`,
  );
  const theirs = total(controllers) / SOME;
  row("requests of the cluster's controllers for it", `${theirs.toFixed(1)}: ours are ${(each / theirs).toFixed(2)} ×`);
  row("memory of the server after that", mebibytes(await memoryOf(system.pid)));
}

async function measureOperator(): Promise<void> {
  await using weights = followWeights(cluster);
  await using operator = await startOperator(place);
  const alone: number[] = [];
  for (const name of Array.from({ length: ALONE }, (_, index) => `alone-${index}`)) {
    const { weights: moments } = await applyAll(place, weights, [name], 1);
    alone.push(...moments);
  }
  row("from kubectl apply to the first weight, alone", spread(alone));
  const many = Array.from({ length: SOME }, (_, index) => `applied-${index}`);
  for (const [revision, what] of [
    [1, "first deliveries"],
    [2, "canaries"],
  ] as const) {
    const counted = requests.count();
    const { weights: moments, kubectl } = await applyAll(place, weights, many, revision);
    const name = `from kubectl apply to the first weight, ${SOME} ${what} at once`;
    row(name, `${spread(moments)} (kubectl itself: ${(kubectl / 1_000).toFixed(2)} s)`);
    row(
      `requests of the operator until they are ready, each of ${SOME}`,
      perRollout(await counted(USERS.operator), SOME),
    );
  }
  row("memory of the operator", mebibytes(await memoryOf(operator.pid)));
}

function perRollout(found: Requests, by: number): string {
  return `${(total(found) / by).toFixed(1)} (${spoken(found, by)})`;
}

function print(table: readonly (readonly [string, string])[]): void {
  const width = Math.max(...table.map(([name]) => name.length));
  for (const [name, value] of table) console.log(`${name.padEnd(width)}  ${value}`);
}
