/**
 * Speed of the gateway against its peers on this machine: one core each, 32 keep-alive connections, small answers,
 * 90/10 split with guard and histograms on. `node bench/gateway.ts [seconds per run]`
 *
 * Peers are measured in turns, round after round, and the medians compared, because a machine's speed drifts. Processor
 * time per request is told too: it hardly depends on what else the machine does.
 */
import { loader, saturate } from "./gateway/load.ts";
import { pace, pacer } from "./gateway/pace.ts";
import {
  type Peer,
  splitRoute,
  startBareProxy,
  startGateway,
  startHaproxy,
  startNginx,
  startUpstream,
} from "./gateway/peers.ts";
import { median, printTable, processorTime, quantile, stop } from "./gateway/processes.ts";

const ROUNDS = 5;
const seconds = Number(process.argv[2] ?? 4);
const END_OF_ANSWER = '"number":12345}';

const upstream = await startUpstream();
const gateway = await startGateway();
await gateway.admin.putRoute(splitRoute(upstream.port, upstream.port));
const bare = await startBareProxy(upstream.port);
const nginx = await startNginx(upstream.port);
const haproxy = await startHaproxy(upstream.port);
const peers: Peer[] = [gateway, bare, ...[nginx, haproxy].filter((peer) => peer !== null)];

try {
  const results = new Map(peers.map((peer) => [peer, { rates: [] as number[], costs: [] as number[] }]));
  for (const peer of peers) await saturate(peer.port, 2);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [peer, { rates, costs }] of results) {
      const before = processorTime(peer.child.pid ?? 0);
      const { requests, seconds: took } = await saturate(peer.port, seconds);
      const after = processorTime(peer.child.pid ?? 0);
      rates.push(requests / took);
      if (before !== null && after !== null) costs.push((after - before) / requests);
    }
  }

  const of = (peer: Peer) => results.get(peer) ?? { rates: [], costs: [] };
  const ours = median(of(gateway).rates);
  console.log(`\nThroughput (${loader}, 32 connections, median of ${ROUNDS} runs of ${seconds} s)\n`);
  printTable([
    ["", "requests/s", "ours ÷ it", "CPU µs/request", "wanted"],
    ...peers.map((peer) => {
      const rate = median(of(peer).rates);
      const wanted = peer === bare ? "≥ 1.00" : peer === nginx ? "≥ 0.65" : "";
      return [peer.name, rate.toFixed(0), (ours / rate).toFixed(2), median(of(peer).costs).toFixed(1), wanted];
    }),
  ]);
  if (nginx === null) console.log("nginx is not installed, and was not compared (Debian: nginx-light)");
  if (haproxy === null) console.log("haproxy is not installed, and was not compared");

  const rate = Math.floor(ours / 2);
  // Those that have room at that rate: of the others it would be the length of a queue.
  const paced = [upstream, ...peers].filter((peer) => peer === upstream || median(of(peer).rates) > 1.5 * rate);
  const slowest = new Map(paced.map((peer) => [peer, [] as number[]]));
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [peer, p99] of slowest) p99.push(quantile(await pace(peer.port, rate, seconds, END_OF_ANSWER), 0.99));
  }
  const p99 = (peer: Peer) => median(slowest.get(peer) ?? []);
  console.log(`\nLatency at half load (${pacer}, ${rate} requests/s, waiting included, median of ${ROUNDS} runs)\n`);
  printTable([
    ["", "p99 ms", "added", "wanted"],
    ...paced.map((peer) => {
      const added = peer === upstream ? "" : (p99(peer) - p99(upstream)).toFixed(2);
      return [peer.name, p99(peer).toFixed(2), added, peer === gateway ? "≤ 1.00" : ""];
    }),
  ]);
  const { stats = [], guard } = (await gateway.admin.snapshot()).routes[0] ?? {};
  const errors = stats.reduce((sum, revision) => sum + revision.errors, 0);
  const [stable = 0, candidate = 0] = stats.map((revision) => revision.requests);
  console.log(`\ncandidate's share ${((100 * candidate) / (stable + candidate)).toFixed(2)} %, errors ${errors}`);
  console.log(`guard ${guard?.closed?.reason ?? "open, as it should be: both revisions are one program"}`);
} finally {
  await Promise.all([...peers, upstream].map(({ child }) => stop(child)));
}
