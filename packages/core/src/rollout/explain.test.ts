import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { strategySchema } from "../strategy/strategy.schema.ts";
import { createRollout } from "./create.ts";
import { approvalExpiresAt, explainRollout } from "./explain.ts";
import { PHASES } from "./phase.ts";
import type { Rollout } from "./rollout.ts";
import { goalReport, guardReport, judgeMetric, judgeReport } from "./testing/fixtures.ts";

const NOW = Date.UTC(2026, 10, 21, 12);

const canary = (change: Partial<Rollout> = {}): Rollout => ({
  ...createRollout(
    {
      ...{ id: "rol_1", project: "default", deployment: "dep_1", artifact: "greeter", environment: "production" },
      from: { revision: 1, version: "1.0.0" },
      to: { revision: 2, version: "1.1.0" },
      strategy: strategySchema.parse({ type: "canary", steps: [{ setWeight: 10 }, { analyze: { seconds: 60 } }] }),
      ...{ requiredApprovals: 2, fourEyes: true, triggeredBy: "dora" },
    },
    NOW,
  ).rollout,
  ...change,
});

const split = [
  { revision: 1, weight: 9_000 },
  { revision: 2, weight: 1_000 },
];

const shifting = (step: number, change: Partial<Rollout> = {}): Rollout => {
  const rollout = canary();
  return {
    ...rollout,
    phase: "shifting",
    step,
    steps: rollout.steps.map((one, index) =>
      index === step ? { ...one, status: "running", startedAt: NOW - 20_000 } : one,
    ),
    desired: { ...rollout.desired, split },
    ...change,
  };
};

describe("where a rollout stands, in one sentence", () => {
  test("who has to approve, who has, and until when", () => {
    const rollout = canary({
      phase: "awaiting_approval",
      approvers: ["anna", "bert", "carl"],
      approvalExpirySeconds: 600,
      approvals: [{ actor: "anna", comment: "", at: NOW, step: null }],
    });
    expect(explainRollout(rollout, NOW)).toBe(
      "Waits for 1 approval by bert or carl beside anna until 2026-11-21T12:10:00.000Z; nothing is started before.",
    );
  });

  test("who has approved, once nobody is waited for any more", () => {
    const approvals = ["anna", "bert"].map((actor) => ({ actor, comment: "", at: NOW, step: null }));
    const rollout = canary({ phase: "awaiting_approval", requiredApprovals: 2, approvals });
    expect(explainRollout(rollout, NOW)).toBe("Approved by anna, bert; its gates are judged next.");
  });

  test("which gate it waits for, and until when", () => {
    const gates: Rollout["gates"] = [
      {
        ...{ gate: "quality", required: true, status: "waiting", conditions: [], at: NOW },
        ...{ message: "no evaluation on smoke yet", waitsUntil: NOW + 60_000 },
      },
    ];
    expect(explainRollout(canary({ phase: "gating", gates }), NOW)).toBe(
      "Waits for the gate quality: no evaluation on smoke yet; it has failed at 2026-11-21T12:01:00.000Z otherwise.",
    );
  });

  test("what the condition lacks that a gate waits for, and the time once", () => {
    const message = "no evaluation on smoke yet; it is waited for until 2026-11-21T12:01:00.000Z";
    const condition = {
      name: "score",
      type: "eval_score" as const,
      required: true,
      status: "waiting" as const,
      message,
    };
    const figures = { observed: null, operator: "gte" as const, threshold: 0.9, evidence: "" };
    const gates: Rollout["gates"] = [
      {
        ...{ gate: "quality", required: true, status: "waiting", conditions: [{ ...condition, ...figures }], at: NOW },
        ...{ message: `gate quality waits, 0 of 1 passed: ${message}`, waitsUntil: NOW + 60_000 },
      },
    ];
    expect(explainRollout(canary({ phase: "gating", gates }), NOW)).toBe(`Waits for the gate quality: ${message}.`);
  });

  test("which test still runs", () => {
    const test = { type: "load" as const, metrics: {}, message: "", logs: [], executionMs: 0, at: NOW };
    const tests: Rollout["tests"] = [
      { ...test, name: "answers", status: "passed" },
      { ...test, name: "load", status: "running" },
    ];
    expect(explainRollout(canary({ phase: "testing", tests }), NOW)).toBe(
      "1 of 2 tests of revision 2 (1.1.0) have ended, at no traffic; waits for load.",
    );
  });

  test("how much traffic the candidate has, which step it is at and how long still", () => {
    expect(explainRollout(shifting(1), NOW)).toBe(
      "Revision 2 (1.1.0) at 10 % of the traffic; step 2 of 3 compares it with stable for 40 s more.",
    );
  });

  test("why an analysis is held", () => {
    expect(explainRollout(shifting(1, { noDataSince: NOW }), NOW)).toContain("there is too little traffic to judge");
  });

  test("that a person paused it, or that a failure did, and what may be done", () => {
    expect(explainRollout(shifting(1, { pausedAt: NOW }), NOW)).toContain("a person paused it");
    const failure: Rollout["failure"] = {
      ...{
        at: NOW,
        trigger: "performance_degradation",
        reason: "4 of 4 requests failed",
        cause: "guard",
        frozen: true,
      },
    };
    const frozen = explainRollout(shifting(1, { pausedAt: NOW, failure, heldWeight: 1_000 }), NOW);
    expect(frozen).toContain(
      "because 4 of 4 requests failed; a person may resume or promote it; going back is refused",
    );
  });

  test("why it went back", () => {
    const reason = "Tests failed: answered 500.";
    expect(explainRollout(canary({ phase: "rolled_back", reason }), NOW)).toBe(
      "Revision 1 (1.0.0) serves again, because tests failed: answered 500.",
    );
  });

  test("there is one for every phase, paused or not, that begins with a capital and ends with one full stop", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...PHASES),
        fc.boolean(),
        fc.option(fc.constantFrom("it broke", "A gate failed.", "rolled back by dora: x"), { nil: null }),
        fc.integer({ min: 0, max: 3 }),
        fc.constantFrom<number | null>(null, 1),
        (phase, paused, reason, step, fromRevision) => {
          const rollout = { ...shifting(step), phase, reason, pausedAt: paused ? NOW - 5 : null, fromRevision };
          const sentence = explainRollout(rollout, NOW);
          expect(sentence).toMatch(/^[A-Z0-9].*[^.\s]\.$/);
          expect(sentence).not.toMatch(/null|undefined|NaN/);
        },
      ),
    );
  });
});

describe("the end", () => {
  test("of what leaves stable in place is told once, with what was measured", () => {
    const strategy = strategySchema.parse({ type: "shadow" });
    const reason = "revision 1 keeps serving: of 110 compared requests none differed";
    expect(explainRollout(canary({ strategy, steps: [], phase: "completed", reason }), NOW)).toBe(
      "Ended as the strategy shadow means it: revision 1 keeps serving: of 110 compared requests none differed.",
    );
  });

  test("of what got all traffic at once names what it was compared with, or that there was nothing", () => {
    const analysis = { ...guardReport(null), samples: { stable: 4, candidate: 146 } };
    const before = judgeMetric({ name: "error_rate.before", samples: { stable: 304, candidate: 146 } });
    const judge = judgeReport({ metrics: [judgeMetric(), before] });
    expect(explainRollout(canary({ phase: "completed", analysis, judge }), NOW)).toBe(
      "Revision 2 (1.1.0) serves, having passed every step with 146 requests compared with 304 that the revision before had answered until it left.",
    );
    const unknown = { ...analysis, samples: { stable: 0, candidate: 146 } };
    expect(explainRollout(canary({ phase: "completed", analysis: unknown }), NOW)).toBe(
      "Revision 2 (1.1.0) serves, having passed every step with 146 requests and none of the revision before to compare them with.",
    );
  });

  test("of an A/B test that promotes its winner says why it won", () => {
    const strategy = strategySchema.parse({ type: "ab", goal: "signup", promoteWinner: true });
    const goal = goalReport("candidate", "signup: 24 goals in 64 requests on revision 2");
    expect(explainRollout(canary({ strategy, phase: "completed", goal }), NOW)).toBe(
      "Revision 2 (1.1.0) serves, having passed every step; signup: 24 goals in 64 requests on revision 2.",
    );
  });
});

describe("the end of an approval", () => {
  test("moves with a pause, and is null where nothing is waited for or for ever", () => {
    const waiting = canary({ phase: "awaiting_approval", approvalExpirySeconds: 60, phaseStartedAt: NOW - 10_000 });
    expect(approvalExpiresAt(waiting, NOW)).toBe(NOW + 50_000);
    expect(approvalExpiresAt({ ...waiting, pausedAt: NOW - 5_000 }, NOW)).toBe(NOW + 55_000);
    expect(approvalExpiresAt({ ...waiting, approvalExpirySeconds: null }, NOW)).toBeNull();
    expect(approvalExpiresAt({ ...waiting, phase: "gating" }, NOW)).toBeNull();
  });
});
