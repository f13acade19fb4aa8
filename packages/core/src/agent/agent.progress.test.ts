import fc from "fast-check";
import { expect, test } from "vitest";
import { testOptionsSchema } from "../candidate-test/test-options.schema.ts";
import { FORWARD_PHASES, type Phase } from "../rollout/phase.ts";
import type { Rollout } from "../rollout/rollout.ts";
import { immediate, newRollout } from "../rollout/testing/fixtures.ts";
import { agentCompletion, agentProgress, learnOverheads, phaseSpans } from "./agent.progress.ts";

const TESTS = testOptionsSchema.parse({ performanceTest: true, loadTest: true, testDuration: 10 });
const rollout = (change: Partial<Rollout> = {}): Rollout => ({
  ...newRollout({ strategy: { ...immediate, tests: TESTS, monitoringSeconds: 30 } }),
  ...change,
});

/** One that passed every phase, each so many milliseconds long. */
function passed(ms: (phase: Phase) => number) {
  let at = 0;
  const moves = FORWARD_PHASES.map((phase, index) => {
    at += ms(phase);
    return { to: FORWARD_PHASES[index + 1] ?? ("completed" as Phase), at };
  });
  return { rollout: rollout({ phase: "completed" }), spans: phaseSpans(0, moves) };
}

test("what was declared is not learnt: only what came on top", () => {
  const learnt = learnOverheads([
    passed((phase) => (phase === "testing" ? 23_000 : phase === "monitoring" ? 31_000 : 700)),
  ]);
  expect(learnt).toMatchObject({ testing: 3_000, monitoring: 1_000, preparing: 700, validating: 700 });
  expect(learnt.awaiting_approval).toBeUndefined();
});

test("the median is learnt: one that hung does not spoil the guess", () => {
  const past = [400, 500, 60_000].map((ms) => passed((phase) => (phase === "preparing" ? ms : 0)));
  expect(learnOverheads(past).preparing).toBe(500);
});

test("history makes the guess its own", () => {
  const now = 1_000;
  const here = {
    rollout: rollout({ phase: "preparing" }),
    spans: phaseSpans(0, [{ to: "preparing", at: 1_000 }]),
    now,
  };
  const guess = agentCompletion({ ...here, learnt: {} });
  const learnt = agentCompletion({
    ...here,
    learnt: learnOverheads([passed((phase) => (phase === "preparing" ? 90_000 : 0))]),
  });
  // What the request declares for tests and watching comes on top.
  expect(learnt).toBe(now + 90_000 + 20_000 + 30_000);
  expect(guess).toBeGreaterThan(now + 50_000);
  expect(guess).toBeLessThan(now + 80_000);
});

test.each([
  ["it is paused", { pausedAt: 5, phase: "testing" }],
  ["people must approve first", { requiredApprovals: 1, phase: "awaiting_approval" }],
  ["it is on its way back", { phase: "rolling_back" }],
  ["it has ended", { phase: "completed" }],
] as [string, Partial<Rollout>][])("nobody can know the end when %s", (_, change) => {
  const spans = phaseSpans(0, [{ to: change.phase ?? "queued", at: 1 }]);
  expect(agentCompletion({ rollout: rollout(change), spans, learnt: {}, now: 10 })).toBeNull();
});

test("progress never falls, whatever the phases last and wherever it turns back", () => {
  const life = fc.record({
    lengths: fc.array(fc.integer({ min: 0, max: 200_000 }), { minLength: 8, maxLength: 8 }),
    reached: fc.integer({ min: 0, max: 7 }),
    looks: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 5 }),
    learnt: fc.dictionary(fc.constantFrom(...FORWARD_PHASES), fc.integer({ min: 0, max: 100_000 })),
  });
  fc.assert(
    fc.property(life, ({ lengths, reached, looks, learnt }) => {
      const moves: { to: Phase; at: number }[] = [];
      let now = 0;
      let before = 0;
      const look = (phase: Phase, at: number): void => {
        const progress = agentProgress({ rollout: rollout({ phase }), spans: phaseSpans(0, moves), learnt, now: at });
        expect(progress).toBeGreaterThanOrEqual(before);
        expect(progress === 100).toBe(phase === "completed");
        before = progress;
      };
      for (const [index, phase] of FORWARD_PHASES.slice(0, reached + 1).entries()) {
        const length = lengths[index] ?? 0;
        for (const share of looks.toSorted((left, right) => left - right)) look(phase, now + share * length);
        now += length;
        const next = FORWARD_PHASES[index + 1];
        if (index < reached && next !== undefined) moves.push({ to: next, at: now });
      }
      if (reached === 7) {
        moves.push({ to: "completed", at: now });
        look("completed", now);
      } else {
        moves.push({ to: "rolling_back", at: now });
        look("rolling_back", now + 1_000);
        moves.push({ to: "rolled_back", at: now + 2_000 });
        look("rolled_back", now + 3_000);
      }
    }),
  );
});

test("a pause holds the progress where it is", () => {
  const spans = phaseSpans(0, [{ to: "testing", at: 1_000 }]);
  const at = (now: number, change: Partial<Rollout>) =>
    agentProgress({ rollout: rollout({ phase: "testing", ...change }), spans, learnt: {}, now });
  const before = at(6_000, {});
  expect(at(60_000, { pausedAt: 6_000 })).toBe(before);
  expect(at(60_000, { pausedMs: 54_000 })).toBe(before);
});
