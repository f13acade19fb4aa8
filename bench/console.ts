/**
 * What the console costs and how soon it shows what happens, in a real Chromium on a real server under traffic:
 * JavaScript of the first load of every page, compressed, as it comes over the wire; milliseconds from an address typed with
 * nothing cached to the rollout's heading; from an event of a rollout to the screen; growth of the heap of a rollout's page
 * that streams; and from a key in the filter of 5,000 deployments to the rows.
 *
 *     node bench/console.ts [minutes that the page streams, default 5]
 */

import { openBrowser } from "../test/console/browser.ts";
import { furnish } from "../test/console/furnished.ts";
import { startSystem } from "../test/end-to-end/system.ts";
import { filterMany } from "./console/filter.ts";
import { firstLoads, scriptSizes } from "./console/first.load.ts";
import { heapGrowth } from "./console/heap.ts";
import { eventsToPixels } from "./console/pixels.ts";
import { printTable, quantile } from "./gateway/processes.ts";

const minutes = Number(process.argv[2] ?? 5);
const KILO = 1_000;
const LIMIT_KB = 200;

const ms = (value: number): string => `${value.toFixed(0)} ms`;
const spread = (values: readonly number[]): string[] => [ms(quantile(values, 0.5)), ms(quantile(values, 0.95))];

{
  await using system = await startSystem();
  await using browser = await openBrowser(["--enable-precise-memory-info"]);
  await using furnished = await furnish(system);

  const sizes = await scriptSizes(browser, system.url, furnished);
  console.log("JavaScript of the first load, compressed");
  printTable([
    ["page", "kB", "wanted"],
    ...sizes.map(({ page, bytes }) => [page, (bytes / KILO).toFixed(1), `≤ ${LIMIT_KB}`]),
  ]);

  const loads = await firstLoads(browser, `${system.url}/rollouts/${furnished.moving}`);
  const pixels = await eventsToPixels(browser, system, furnished.moving);
  console.log();
  printTable([
    ["", "p50", "p95", "wanted"],
    [`address to heading, nothing cached (${loads.length} loads)`, ...spread(loads), ""],
    [`event to screen (${pixels.length} events)`, ...spread(pixels), "p95 ≤ 500 ms"],
  ]);

  const heap = await heapGrowth(browser, `${system.url}/rollouts/${furnished.moving}`, minutes);
  console.log(`\nheap of a rollout's page that streams, in MB after collection, minute by minute`);
  console.log(heap.map((bytes) => (bytes / 1e6).toFixed(1)).join("  "));
}

const filters = await filterMany();
console.log();
printTable([
  ["filtering 5,000 deployments", "p50", "p95", "wanted"],
  [`key to rows (${filters.length} filters)`, ...spread(filters), "≤ 100 ms"],
]);
