import { expect } from "vitest";
import { ArmCounts, type GuardArrivals } from "../analysis/guard.arrivals.ts";
import type { PeriodCounts } from "../analysis/guard.types.ts";
import { createRollout } from "../rollout/create.ts";
import type { Rollout } from "../rollout/rollout.ts";
import { type StrategyInput, strategySchema } from "../strategy/strategy.schema.ts";
import type { JudgeBatch, OutsideProblem, OutsideValues } from "./judge.batch.ts";
import { judgeConfigOf } from "./judge.config.ts";
import type { JudgeConfig } from "./judge.terms.ts";
import { createJudge } from "./pooled.judge.ts";

/** A rollout from revision 1 to 2, or a first delivery of revision 2. */
export function rolloutOf(strategy: StrategyInput, from: number | null = 1): Rollout {
  return createRollout(
    {
      id: "rol_1",
      project: "default",
      deployment: "dep_1",
      artifact: "greeter",
      environment: "production",
      from: from === null ? null : { revision: from, version: "1.0.0" },
      to: { revision: 2, version: "1.1.0" },
      strategy: strategySchema.parse(strategy),
      requiredApprovals: 0,
      fourEyes: false,
      triggeredBy: "test",
    },
    0,
  ).rollout;
}

/** What the judge of such a rollout is told. */
export function termsOf(strategy: StrategyInput, from: number | null = 1): JudgeConfig {
  const config = judgeConfigOf(rolloutOf(strategy, from), { sticky: false, routed: true });
  if (config === null) throw new Error("this rollout is not judged");
  return config;
}

/** A gateway's guard as the judge sees it: cumulative counts of the present period. */
export class CountingGateway {
  readonly name: string;
  #period = 1;
  #weight = 0;
  #candidate = new ArmCounts();
  #stable = new ArmCounts();

  constructor(name = "gateway") {
    this.name = name;
  }

  serve({ weight, candidate, stable }: GuardArrivals): void {
    if (weight !== this.#weight) this.turn(weight);
    this.#candidate.add(candidate);
    this.#stable.add(stable);
  }

  /** Weights, pins or mirror are others from now on, or the gateway began again. */
  turn(weight = this.#weight): void {
    this.#period += 1;
    this.#weight = weight;
    this.#candidate = new ArmCounts();
    this.#stable = new ArmCounts();
  }

  counts(): PeriodCounts {
    return {
      hypothesis: "rol_1",
      period: this.#period,
      weight: this.#weight,
      mirrored: false,
      candidate: this.#candidate.state(),
      stable: this.#stable.state(),
    };
  }
}

/** A batch with nothing in it but what is said. */
export const batchOf = (seq: number, changes: Partial<JudgeBatch> = {}): JudgeBatch => ({
  seq,
  at: seq,
  step: 0,
  alone: false,
  gateways: [],
  values: [],
  problems: [],
  ...changes,
});

/** What the gateways count now. */
export const countsOf = (...gateways: CountingGateway[]): JudgeBatch["gateways"] =>
  gateways.map((gateway) => ({ gateway: gateway.name, counts: gateway.counts() }));

export type Metrics = NonNullable<NonNullable<StrategyInput["analysis"]>["metrics"]>;

/** A judge of these metrics with one gateway, fed look by look. */
export function judged(
  metrics: Metrics,
  { strategy = {}, from = 1 }: { strategy?: object; from?: number | null } = {},
) {
  const config = termsOf({ type: "canary", analysis: { metrics }, ...strategy }, from);
  const judge = createJudge(config);
  const gateway = new CountingGateway();
  const look = (changes: Parameters<typeof batchOf>[1] = {}) =>
    judge.observe(batchOf(judge.seq + 1, { gateways: countsOf(gateway), ...changes }));
  const serve = (arrivals: GuardArrivals, times = 1, changes: Parameters<typeof batchOf>[1] = {}): void => {
    for (let time = 0; time < times; time += 1) {
      gateway.serve(arrivals);
      look(changes);
    }
  };
  const read = (values: Omit<OutsideValues, "metric">, times = 1): void => {
    for (let time = 0; time < times; time += 1) look({ values: [{ metric: metrics.at(-1)?.name ?? "", ...values }] });
  };
  const fail = (problem: Omit<OutsideProblem, "metric">): void => {
    look({ problems: [{ metric: metrics.at(-1)?.name ?? "", ...problem }] });
  };
  const metric = (name: string) => judge.report().metrics.find((entry) => entry.name === name);
  return { judge, gateway, look, serve, read, fail, metric };
}

/** A sentence for people, and one only. */
export const one = (sentence: string | undefined): string => {
  expect(sentence).toMatch(/\w/);
  expect(sentence).not.toMatch(/undefined|NaN|Infinity|\. [A-Z]/);
  return sentence ?? "";
};
