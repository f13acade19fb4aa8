/**
 * The judge by simulation: false rollbacks of healthy candidates under continuous watching, requests until a worse one is noticed, beside what
 * tools do that compare a minute with a number or ask a rank test again and again; and what it costs. Everything is drawn from printed seeds.
 * Ends with exit code 1 when a promise is broken: more false rollbacks than α, or fewer than a million events a second.
 *
 *     node bench/judge.ts [--quick] [--seed <number>]
 */
import { parseArgs } from "node:util";
import { createGuard } from "@sluice/core";
import {
  type Behaviour,
  baselineOf,
  drawTick,
  guardConfig,
  HEALTHY,
} from "../packages/core/src/analysis/traffic.testing.ts";
import { printTable, quantile } from "./gateway/processes.ts";
import { memory, speeds } from "./judge/cost.ts";
import { seededFar } from "./judge/random.ts";
import { type Rule, repeatedRankTest, sluice, threshold } from "./judge/rules.ts";
import { HEALTHY_WORLDS, HORIZON, play, type World, worse } from "./judge/world.ts";

const { values: flags } = parseArgs({
  options: { quick: { type: "boolean", default: false }, seed: { type: "string", default: "1" } },
});
const SEED = Number(flags.seed);
const HEALTHY_RUNS = flags.quick ? 1_000 : 10_000;
const WORSE_RUNS = flags.quick ? 200 : 2_000;
const GUARD_RUNS = flags.quick ? 200 : 2_000;
const ALPHAS = [0.05, 0.01];
const WANTED_EVENTS_PER_SECOND = 1_000_000;

const percent = (share: number): string => `${(share * 100).toFixed(2)} %`;
const broken: string[] = [];

/** The rules of other tools: Flagger and Argo Rollouts with their defaults and with the values of their documentation's examples. */
const others = (): Rule[] => [
  threshold("Argo >5 %, 1", 0.05, 1),
  threshold("Argo >5 %, 3", 0.05, 3),
  threshold("Flagger >1 %, 1", 0.01, 1),
  threshold("Flagger >1 %, 5", 0.01, 5),
  ...ALPHAS.map((alpha) => repeatedRankTest(`ranks, ${alpha}`, alpha)),
];

interface Run {
  sluice: number[];
  others: number[];
}

function run(world: World, seed: number): Run {
  const judge = sluice(ALPHAS);
  const rules = others();
  play(world, seededFar(seed), (look) => {
    judge.see(look);
    for (const rule of rules) rule.see(look);
    return [...judge.decidedAt, ...rules.map(({ decidedAt }) => decidedAt)].every(Number.isFinite);
  });
  return { sluice: judge.decidedAt, others: rules.map(({ decidedAt }) => decidedAt) };
}

/** Seeds of different rows do not overlap. */
const seedOf = (row: number): number => SEED * 1_000_003 + row * 100_003;

const sharesDecided = (runs: readonly number[][]): number[] =>
  (runs[0] ?? []).map((_, index) => runs.filter((decided) => Number.isFinite(decided[index])).length / runs.length);

function falseRollbacks(): void {
  const rows = HEALTHY_WORLDS.map((world, row) => {
    const runs = Array.from({ length: HEALTHY_RUNS }, (_, number) => run(world, seedOf(row) + number));
    const ours = sharesDecided(runs.map(({ sluice: decided }) => decided));
    for (const [index, alpha] of ALPHAS.entries())
      if ((ours[index] ?? 1) > alpha)
        broken.push(`${world.name}: ${percent(ours[index] ?? 1)} false rollbacks at ${alpha}`);
    const theirs = sharesDecided(runs.map(({ others: decided }) => decided));
    return [world.name, String(seedOf(row)), ...[...ours, ...theirs].map(percent)];
  });
  console.log(
    `\nFalse rollbacks of a candidate that is no worse: ${HEALTHY_RUNS} runs of ${HORIZON} requests, looked at every 10\n`,
  );
  printTable([
    ["world", "seed", ...ALPHAS.map((alpha) => `Sluice ${alpha}`), ...others().map(({ name }) => name)],
    ...rows,
  ]);
}

/** Median and 90 % quantile of B1 in ANALYSIS §8.2 (0.5 % errors of stable, α = 0.01); null was not reached. */
const REFERENCE: Readonly<Record<string, string>> = {
  "5/1": "- / -",
  "5/2": "9,960 / -",
  "5/5": "1,910 / 4,320",
  "5/20": "280 / 670",
  "5/100": "50 / 90",
  "10/1": "- / -",
  "10/2": "5,600 / 12,200",
  "10/5": "1,110 / 2,410",
  "10/20": "180 / 380",
  "10/100": "30 / 50",
  "50/1": "14,660 / -",
  "50/2": "2,430 / 4,860",
  "50/5": "510 / 1,000",
  "50/20": "100 / 160",
  "50/100": "20 / 20",
};

function detection(): void {
  const rows = [5, 10, 50].flatMap((weight, outer) =>
    [1, 2, 5, 20, 100].map((rate, inner) => {
      const seed = seedOf(100 + outer * 10 + inner);
      const runs = Array.from({ length: WORSE_RUNS }, (_, number) => run(worse(weight, rate / 100), seed + number));
      const ours = [1, 0].map((index) => delay(runs.map(({ sluice: decided }) => decided[index] ?? Number.NaN)));
      const theirs = others().map((_, index) => delay(runs.map(({ others: decided }) => decided[index] ?? Number.NaN)));
      return [
        `${weight} %`,
        `${rate} %`,
        String(seed),
        ours[0] ?? "",
        REFERENCE[`${weight}/${rate}`] ?? "",
        ours[1] ?? "",
        ...theirs,
      ];
    }),
  );
  console.log(
    `\nRequests of both arms until rollback, median / 90 % (share of runs that got there, when not all): ${WORSE_RUNS} runs, stable at 0.5 %\n`,
  );
  const heads = [
    "weight",
    "candidate",
    "seed",
    "Sluice 0.01",
    "(ANALYSIS)",
    "Sluice 0.05",
    ...others().map(({ name }) => name),
  ];
  printTable([heads, ...rows]);
}

function delay(requests: readonly number[]): string {
  const show = (value: number): string => (Number.isFinite(value) ? value.toLocaleString("en-GB") : "-");
  const reached = requests.filter(Number.isFinite).length / requests.length;
  const share = reached >= 0.995 ? "" : ` (${Math.round(reached * 100)} %)`;
  return `${show(quantile(requests, 0.5))} / ${show(quantile(requests, 0.9))}${share}`;
}

/** The guard as it runs in a gateway: errors and latency together, ticks of 20 requests, a ramp while the world drifts. */
function wholeGuard(): void {
  const TICKS = 1_000;
  const ramp = (tick: number): number => [500, 1_000, 2_500, 5_000][Math.floor((tick * 4) / TICKS)] ?? 0;
  const drifting = (tick: number): Behaviour => ({
    errorRate: 0.002 + (0.018 * tick) / TICKS,
    medianMs: 20 + (20 * tick) / TICKS,
  });
  const worlds = [
    { name: "ramp", both: () => HEALTHY },
    { name: "ramp while both grow worse and slower", both: drifting },
  ];
  const rows = worlds.map(({ name, both }, row) => {
    const seed = seedOf(200 + row);
    const closed = ALPHAS.map(() => 0);
    for (let number = 0; number < GUARD_RUNS; number += 1) {
      const random = seededFar(seed + number);
      const guard = createGuard(
        guardConfig({ alpha: Math.min(...ALPHAS), closes: false }),
        baselineOf(HEALTHY, 1_000, random),
      );
      for (let tick = 0; tick < TICKS; tick += 1) {
        const behaviour = both(tick);
        guard.observe(drawTick(random, 20, ramp(tick), { candidate: behaviour, stable: behaviour }), tick);
      }
      const most = guard.report().maxLogEvidence;
      for (const [index, alpha] of ALPHAS.entries())
        if (most >= Math.log(1 / alpha)) closed[index] = (closed[index] ?? 0) + 1;
    }
    for (const [index, alpha] of ALPHAS.entries())
      if ((closed[index] ?? 0) / GUARD_RUNS > alpha) broken.push(`guard, ${name}: more than ${alpha}`);
    return [name, String(seed), ...closed.map((count) => percent(count / GUARD_RUNS))];
  });
  console.log(
    `\nFalse closings of the guard, errors and latency together: ${GUARD_RUNS} runs of ${HORIZON} requests\n`,
  );
  printTable([["world", "seed", ...ALPHAS.map((alpha) => `α ${alpha}`)], ...rows]);
}

function cost(): void {
  const found = speeds(seedOf(300), flags.quick ? 1 : 3);
  const guard = found[1];
  if (guard !== undefined && guard.eventsPerSecond < WANTED_EVENTS_PER_SECOND)
    broken.push(`${guard.name}: ${Math.round(guard.eventsPerSecond)} events a second`);
  console.log(
    `\nEvents that one core judges in a second (wanted: ${WANTED_EVENTS_PER_SECOND.toLocaleString("en-GB")})\n`,
  );
  printTable([
    ["", "events/s"],
    ...found.map(({ name, eventsPerSecond }) => [name, Math.round(eventsPerSecond).toLocaleString("en-GB")]),
  ]);
  console.log("\nMemory of one rollout's guard, 500 of them fed\n");
  printTable([
    ["events so far", "KiB"],
    ...memory(seedOf(400), 500).after.map(({ events, kibibytes }) => [
      events.toLocaleString("en-GB"),
      kibibytes.toFixed(1),
    ]),
  ]);
}

console.log(`seed ${SEED}: each row's runs are drawn from its own seed, its seed + 1, … (xoshiro128**)`);
cost();
falseRollbacks();
detection();
wholeGuard();
for (const line of broken) console.log(`BROKEN: ${line}`);
process.exitCode = broken.length > 0 ? 1 : 0;
