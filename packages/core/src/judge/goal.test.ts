import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { seeded } from "../analysis/traffic.testing.ts";
import { beginGoal, type GoalState, type GoalTotals, judgeGoal, reportGoal } from "./goal.ts";

interface World {
  /** The candidate's true share, and the nominal one. */
  share: number;
  nominal?: number | null;
  stable: number;
  candidate: number;
  /** Looks until a goal is reported, at most. */
  delay?: number;
  requestsPerLook: number;
  looks: number;
}

const empty = (): GoalTotals => ({
  stable: { exposures: 0, goals: 0 },
  candidate: { exposures: 0, goals: 0 },
});

/** A test watched at every look until somebody wins or the looks are over. */
function run(world: World, alpha: number, seed: number): { state: GoalState; totals: GoalTotals } {
  const { share, nominal = share, requestsPerLook, looks, delay = 0 } = world;
  const random = seeded(seed);
  const totals = empty();
  const due: { candidate: number; stable: number }[] = [];
  let state = beginGoal(nominal);
  for (let look = 0; look < looks && state.winner === null; look += 1) {
    for (let request = 0; request < requestsPerLook; request += 1) {
      const arm = random() < share ? "candidate" : "stable";
      totals[arm].exposures += 1;
      if (random() >= world[arm]) continue;
      const at = look + Math.floor(random() * (delay + 1));
      due[at] ??= { candidate: 0, stable: 0 };
      due[at][arm] += 1;
    }
    totals.stable.goals += due[look]?.stable ?? 0;
    totals.candidate.goals += due[look]?.candidate ?? 0;
    state = judgeGoal(state, structuredClone(totals), nominal, alpha);
  }
  return { state, totals };
}

/** The share of runs that name a winner. */
function decided(world: World, alpha: number, runs: number): number {
  let winners = 0;
  for (let seed = 0; seed < runs; seed += 1) if (run(world, alpha, seed + 1).state.winner !== null) winners += 1;
  return winners / runs;
}

const ALPHA = 0.2;
const RUNS = 150;
/** What a true rate of α exceeds in one of a thousand sets of that many runs. */
const ALLOWED = ALPHA + 3.1 * Math.sqrt((ALPHA * (1 - ALPHA)) / RUNS);

describe("an A/B test between two versions that are equally good", () => {
  const base = { stable: 0.05, candidate: 0.05, requestsPerLook: 40, looks: 120 };
  test.each<[string, World]>([
    ["an even split", { ...base, share: 0.5 }],
    ["a tenth", { ...base, share: 0.1 }],
    ["goals that come much later than their requests", { ...base, share: 0.5, delay: 60 }],
    ["most requests coming to the goal, later", { ...base, share: 0.5, stable: 0.6, candidate: 0.6, delay: 20 }],
    ["callers chosen by a rule", { ...base, share: 0.3, nominal: null }],
    ["a split that is not the nominal one", { ...base, share: 0.4, nominal: 0.5 }],
  ])("names a winner too often in none of its forms, however often one looks: %s", (_name, world) => {
    expect(decided(world, ALPHA, RUNS)).toBeLessThanOrEqual(ALLOWED);
  });
});

describe("an A/B test", () => {
  test.each([
    ["candidate", { stable: 0.05, candidate: 0.08 }],
    ["stable", { stable: 0.08, candidate: 0.05 }],
  ] as const)("names %s when it is the better one", (winner, rates) => {
    const world = { ...rates, share: 0.5, requestsPerLook: 100, looks: 400 };
    for (let seed = 1; seed <= 10; seed += 1) expect(run(world, 0.05, seed).state.winner).toBe(winner);
  });

  test("keeps its winner whatever comes after", () => {
    const { state, totals } = run(
      { stable: 0.02, candidate: 0.2, share: 0.5, requestsPerLook: 100, looks: 100 },
      0.05,
      1,
    );
    const later = { ...totals, stable: { exposures: 50_000, goals: 40_000 } };
    expect(judgeGoal(state, later, 0.5, 0.05).winner).toBe("candidate");
  });

  test("says nothing of itself before there is a batch, and drops one in which the share changed", () => {
    const state = beginGoal(0.5);
    const few = { stable: { exposures: 5, goals: 0 }, candidate: { exposures: 5, goals: 5 } };
    expect(judgeGoal(state, few, 0.5, 0.05)).toBe(state);
    const many = { stable: { exposures: 500, goals: 0 }, candidate: { exposures: 500, goals: 100 } };
    expect(judgeGoal(state, many, 0.2, 0.05)).toEqual({ ...state, judged: many, share: 0.2 });
  });

  test("stays finite whatever the counts are, more goals than requests included", () => {
    const count = fc.integer({ min: 0, max: 1_000_000 });
    const arm = fc.record({ exposures: count, goals: count });
    const share = fc.option(fc.double({ min: 0.0001, max: 0.9999, noNaN: true }));
    fc.assert(
      fc.property(fc.array(fc.record({ stable: arm, candidate: arm }), { maxLength: 5 }), share, (looks, nominal) => {
        let state = beginGoal(nominal);
        for (const totals of looks) state = judgeGoal(state, totals, nominal, 0.05);
        const report = reportGoal(state, looks.at(-1) ?? empty(), {
          goal: "signup",
          alpha: 0.05,
          revisions: { stable: 1, candidate: 2 },
        });
        expect(Number.isFinite(report.logEvidence.candidate + report.logEvidence.stable)).toBe(true);
        expect(report.message).not.toMatch(/NaN|Infinity|undefined/);
      }),
    );
  });

  test("goes on from what was stored as if nothing had happened", () => {
    const totals = { stable: { exposures: 300, goals: 9 }, candidate: { exposures: 280, goals: 20 } };
    const state = judgeGoal(beginGoal(0.5), totals, 0.5, 0.05);
    const stored: GoalState = JSON.parse(JSON.stringify(state));
    const later = { stable: { exposures: 600, goals: 18 }, candidate: { exposures: 580, goals: 41 } };
    expect(judgeGoal(stored, later, 0.5, 0.05)).toEqual(judgeGoal(state, later, 0.5, 0.05));
  });
});

describe("the sentence of an A/B test", () => {
  const say = (totals: GoalTotals, state = judgeGoal(beginGoal(0.5), totals, 0.5, 0.05)): string =>
    reportGoal(state, totals, { goal: "signup", alpha: 0.05, revisions: { stable: 1, candidate: 2 } }).message;

  test("says that nobody reported the goal", () => {
    expect(say({ stable: { exposures: 300, goals: 0 }, candidate: { exposures: 280, goals: 0 } })).toBe(
      "signup: 0 goals in 280 requests (0 %) on revision 2 against 0 goals in 300 requests (0 %) on revision 1; " +
        "nobody reported the goal yet, so nothing can be said",
    );
  });

  test("says how far it is from a decision, and what would decide", () => {
    expect(say({ stable: { exposures: 400, goals: 12 }, candidate: { exposures: 410, goals: 30 } })).toMatch(
      /^signup: 30 goals in 410 requests \(7\.32 %\) on revision 2 against 12 goals in 400 requests \(3 %\) on revision 1; the evidence that revision 2 is better is \d+(\.\d+)?× of the 40× asked for; at these rates about \d+ more requests would decide$/,
    );
    expect(say({ stable: { exposures: 400, goals: 20 }, candidate: { exposures: 400, goals: 20 } })).toMatch(
      /the rates are too alike to say how many more requests would decide$/,
    );
  });

  test("says who won", () => {
    expect(say({ stable: { exposures: 400, goals: 10 }, candidate: { exposures: 400, goals: 90 } })).toMatch(
      /; the evidence that revision 2 is better reached the 40× asked for, so it wins$/,
    );
  });
});
