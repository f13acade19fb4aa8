import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Figure } from "./figure.ts";
import { type GateSpec, gateSchema } from "./gate.schema.ts";
import { COMPARISONS, type Comparison } from "./gate.ts";
import { compare, judgeGate } from "./judge-gate.ts";

const START = Date.parse("2026-11-21T10:00:00.000Z");

const gate = (spec: object): { name: string; spec: GateSpec } => ({ name: "quality", spec: gateSchema.parse(spec) });

const score = (fields: object = {}) => ({ type: "eval_score", dataset: "smoke", threshold: 0.9, ...fields });

const measured = (value: number): Figure => ({
  status: "measured",
  value,
  samples: 200,
  evidence: "evaluation eva_1 of promptfoo",
});

const missing: Figure = { status: "missing", reason: "greeter 1.1.0 has no evaluation on smoke yet" };

const judge = (spec: object, figures: Figure[], seconds = 0) =>
  judgeGate(gate(spec), figures, { startedAt: START, now: START + seconds * 1_000 });

describe("a condition on a figure", () => {
  test.each<[Comparison, boolean, boolean, boolean]>([
    ["gte", false, true, true],
    ["gt", false, false, true],
    ["lte", true, true, false],
    ["lt", true, false, false],
    ["eq", false, true, false],
  ])("%s of 0.9 is %s below, %s at and %s above it", (operator, below, at, above) => {
    const passes = (value: number) =>
      judge({ conditions: [score({ operator })] }, [measured(value)]).status === "passed";
    expect([passes(0.89), passes(0.9), passes(0.91)]).toEqual([below, at, above]);
  });

  test("says what was seen, against what, of how many samples, and what would have changed it", () => {
    const [passed] = judge({ conditions: [score({ metric: "accuracy" })] }, [measured(0.93)]).conditions;
    expect(passed).toEqual({
      name: "accuracy on smoke",
      type: "eval_score",
      required: true,
      status: "passed",
      observed: 0.93,
      operator: "gte",
      threshold: 0.9,
      evidence: "200 samples, evaluation eva_1 of promptfoo",
      message:
        "accuracy on smoke is 0.93 (200 samples, evaluation eva_1 of promptfoo), against at least 0.9; less than 0.9 would have failed",
    });
    const [failed] = judge({ conditions: [score()] }, [measured(0.85)]).conditions;
    expect(failed?.message).toContain("is 0.85 (200 samples");
    expect(failed?.message).toMatch(/; at least 0\.9 would have passed$/);
  });

  test("equality forgives the rounding of computed numbers, and nothing more", () => {
    expect(compare(0.1 + 0.2, "eq", 0.3)).toBe(true);
    expect(compare(0.3000001, "eq", 0.3)).toBe(false);
    expect(compare(0, "eq", 0)).toBe(true);
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY])("a figure that is %s is no figure: it waits", (value) => {
    // edge case 26
    const { status, conditions } = judge({ conditions: [score()] }, [measured(value)]);
    expect(status).toBe("waiting");
    expect(conditions[0]).toMatchObject({ observed: null, message: expect.stringContaining("which is no figure") });
  });
});

describe("a gate", () => {
  test("waits for what is missing, says until when, and has failed when that is over", () => {
    const spec = { waitSeconds: 60, conditions: [score()] };
    expect(judge(spec, [missing], 59)).toMatchObject({
      status: "waiting",
      waitsUntil: START + 60_000,
      message: expect.stringContaining("no evaluation on smoke yet; it is waited for until 2026-11-21T10:01:00.000Z"),
    });
    expect(judge(spec, [missing], 60)).toMatchObject({
      status: "failed",
      waitsUntil: null,
      message: expect.stringContaining("the 60 s that it was waited for are over; at least 0.9 in that time"),
    });
    expect(judge(spec, [measured(0.95)], 61)).toMatchObject({ status: "passed", waitsUntil: null });
  });

  test("has failed as soon as one required condition has, though another still waits", () => {
    const conditions = [score(), score({ metric: "accuracy" })];
    const result = judge({ conditions }, [missing, measured(0.1)]);
    expect(result).toMatchObject({ status: "failed", conditions: [{ status: "waiting" }, { status: "failed" }] });
    expect(result.message).toMatch(
      /^gate quality failed, 0 of 2 required conditions passed: accuracy on smoke is 0\.1/,
    );
  });

  test("is not stopped by what is not required, and reports it", () => {
    const conditions = [
      score(),
      score({ metric: "accuracy", required: false }),
      score({ metric: "f1", required: false }),
    ];
    const result = judge({ conditions }, [measured(0.95), measured(0.1), missing]);
    expect(result.status).toBe("passed");
    expect(result.conditions.map(({ status }) => status)).toEqual(["passed", "failed", "waiting"]);
    expect(result.message).toContain("(1 advisory condition failed)");
    const advisory = judge({ required: false, conditions: [score()] }, [measured(0.1)]);
    expect(advisory).toMatchObject({ required: false, status: "failed" });
    expect(advisory.message).toMatch(/^gate quality \(advisory\) failed/);
  });

  test("does not pass for want of figures", () => {
    expect(judge({ conditions: [score()] }, []).status).toBe("waiting");
    expect(judge({ waitSeconds: 0, conditions: [score()] }, [missing]).status).toBe("failed");
  });

  test("takes an external decision with its reason, and does not wait for what cannot be judged", () => {
    const conditions = [{ type: "custom", expression: "true" }];
    const decided: Figure = {
      status: "decided",
      pass: false,
      observed: false,
      evidence: "metrics.score = 0.5",
      reason: "true is false",
      otherwise: "it must be true",
    };
    expect(judge({ conditions }, [decided])).toMatchObject({
      status: "failed",
      conditions: [{ observed: false, operator: null, threshold: null, message: "true is false; it must be true" }],
    });
    const broken: Figure = { status: "broken", reason: "it ran longer than 2000 ms", otherwise: "a shorter one helps" };
    expect(judge({ conditions }, [broken])).toMatchObject({ status: "failed", waitsUntil: null });
  });
});

const anyFigure: fc.Arbitrary<Figure> = fc.oneof(
  fc.double().map(measured),
  fc.constant(missing),
  fc
    .boolean()
    .map((pass): Figure => ({ status: "decided", pass, observed: pass, evidence: "", reason: "r", otherwise: "o" })),
  fc.constant<Figure>({ status: "broken", reason: "r", otherwise: "o" }),
);

const anyCondition = fc
  .tuple(fc.nat(), fc.constantFrom(...COMPARISONS), fc.boolean(), fc.double({ min: 0, max: 1, noNaN: true }))
  .map(([at, operator, required, threshold]) => ({ name: `c${at}`, ...score({ operator, required, threshold }) }));

test("whatever the figures: a gate passes only if every required condition did, and never waits past its limit", () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(anyCondition, { minLength: 1, maxLength: 6, selector: ({ name }) => name }),
      fc.array(anyFigure, { maxLength: 7 }),
      fc.nat(7_200),
      (conditions, figures, seconds) => {
        const result = judge({ conditions }, figures, seconds);
        const required = result.conditions.filter((condition) => condition.required);
        expect(result.status === "passed").toBe(required.every(({ status }) => status === "passed"));
        expect(result.status === "failed").toBe(required.some(({ status }) => status === "failed"));
        if (seconds >= 3_600) expect(result.conditions.map(({ status }) => status)).not.toContain("waiting");
        expect(result.message).not.toMatch(/undefined|\n/);
      },
    ),
  );
});
