import { describe, expect, test } from "vitest";
import { applyCommand } from "./command.ts";
import type { Facts } from "./facts.ts";
import {
  canary,
  guardReport,
  instances,
  judgeClosed,
  judgeReport,
  newRollout,
  Story,
  TESTS,
  testResult,
} from "./testing/fixtures.ts";
import type { RollbackTrigger } from "./trigger.ts";

const broken = { ...instances(2, 0, 1), verdict: "failed" as const, reason: "crash loop" };
const tooMuch = { revision: 2, resource: "memory" as const, message: "memory: instance a used 900 MiB" };
const hook = { hook: { url: "http://hook" } };

/** Every failure that a rollout finds by itself: where it is, and what it sees. */
const FAILURES: [string, RollbackTrigger, (strategy: typeof canary) => Story, Partial<Facts>][] = [
  ["never ready", "deployment_failure", (strategy) => started(strategy), { candidate: broken }],
  ["instances lost", "health_check_failure", (strategy) => shifting(strategy), { candidate: broken }],
  ["guard closed", "performance_degradation", (strategy) => shifting(strategy), { guard: guardReport("slow") }],
  [
    "judge closed",
    "performance_degradation",
    (strategy) => shifting(strategy),
    { judge: judgeReport(judgeClosed("bad")) },
  ],
  ["exhausted", "resource_exhaustion", (strategy) => shifting(strategy), { exhausted: tooMuch }],
  [
    "tests failed",
    "test_failure",
    (strategy) => new Story(newRollout({ strategy: { ...strategy, tests: TESTS } }), { tests: null }).runTo("testing"),
    { tests: [testResult("answers", "failed")] },
  ],
  [
    "hook failed",
    "deployment_failure",
    (strategy) => {
      const story = shifting({ ...strategy, steps: [{ setWeight: 5 }, hook] });
      story.look();
      return story;
    },
    { hooks: [{ step: 1, status: "failed", message: "503" }] },
  ],
];

function started(strategy: typeof canary): Story {
  const story = new Story(newRollout({ strategy }));
  story.look();
  return story;
}
const shifting = (strategy: typeof canary): Story => new Story(newRollout({ strategy })).runTo("shifting", 1);

describe.each(FAILURES)("%s", (name, trigger, arrive, facts) => {
  test("turns the rollout back, naming the trigger, with an alert", () => {
    // edge case 52
    const story = arrive(canary);
    story.look(facts);
    expect(story.rollout).toMatchObject({ returningTo: "rolled_back", trigger, failure: null });
    expect(story.alerts).toContain("rollout.return.started");
    expect(story.last.events.find((event) => event.type === "rollout.return.started")?.data.trigger).toBe(trigger);
  });

  test.each([
    ["onFailure pause", { onFailure: "pause" as const }],
    ["autoRollback off", { autoRollback: false }],
  ])("with %s is held where it is, unless waiting cannot help", (_, options) => {
    const story = arrive({ ...canary, ...options });
    const weight = story.weight;
    story.look(facts);
    if (name === "never ready" || name === "instances lost" || name === "hook failed") {
      expect(story.rollout).toMatchObject({ returningTo: "rolled_back", trigger });
      return;
    }
    expect(story.rollout).toMatchObject({ pausedAt: story.now, trigger: null, failure: { trigger, frozen: false } });
    expect(story.alerts).toContain("rollout.paused");
    expect(story.look().events).toEqual([]);
    story.run(200);
    expect([story.weight, story.rollout.pausedAt === null]).toEqual([weight, false]);
    story.order("rollback");
    expect(story.rollout).toMatchObject({ returningTo: "rolled_back", trigger: "manual" });
  });

  test("with onFailure freeze is held where it is, and nobody can take it back", () => {
    // edge case 50
    const story = arrive({ ...canary, onFailure: "freeze" });
    const weight = facts.candidate === undefined ? story.weight : 0;
    story.look(facts);
    expect(story.rollout).toMatchObject({ pausedAt: story.now, trigger: null, failure: { trigger, frozen: true } });
    expect(story.alerts).toContain("rollout.frozen");
    expect(story.look().events).toEqual([]);
    expect(() => story.order("rollback")).toThrow("rollback is not possible: the strategy says onFailure: freeze");
    expect(() => story.order("cancel")).toThrow(/allowed: .*resume/);
    story.run(200);
    expect([story.weight, story.rollout.pausedAt === null]).toEqual([weight, false]);
  });
});

describe("several failures at once", () => {
  test("are told one after the other: the first one stands until somebody goes on", () => {
    const story = new Story(newRollout({ strategy: { ...canary, tests: TESTS, onFailure: "freeze" } }), {
      tests: null,
    }).runTo("testing");
    story.look({ exhausted: tooMuch, tests: [testResult("answers", "failed")] });
    expect([story.rollout.failure?.cause, story.alerts]).toEqual(["exhaustion", ["rollout.frozen"]]);
    story.order("resume");
    expect(story.look().rollout.failure?.cause).toBe("tests");
    story.order("resume");
    story.look({ tests: [testResult("answers", "passed")] });
    expect([story.rollout.phase, story.rollout.accepted.map((entry) => entry.cause)]).toEqual([
      "shifting",
      ["exhaustion", "tests"],
    ]);
  });

  test("evidence that came while something else held the rollout is not forgotten by whoever goes on", () => {
    const story = shifting({ ...canary, onFailure: "pause" });
    story.look({ exhausted: tooMuch });
    story.look({ judge: judgeReport(judgeClosed("bad")) });
    expect(story.alerts).toEqual(["rollout.judge.closed"]);
    story.order("resume");
    expect(story.look().rollout.failure?.cause).toBe("judge");
  });

  test("a clock that was set back during a person's pause changes nothing about that", () => {
    const story = shifting({ ...canary, onFailure: "pause" });
    story.order("pause");
    story.now -= 50_000;
    story.look({ exhausted: tooMuch, guard: guardReport("slow") });
    expect([story.rollout.failure?.cause, story.look().events]).toEqual(["guard", []]);
  });
});

describe("whoever goes on after a failure", () => {
  test.each([
    ["guard", { guard: guardReport("slow") }],
    ["judge", { judge: judgeReport(judgeClosed("bad")) }],
    ["exhaustion", { exhausted: tooMuch }],
  ])("has seen it: the same %s does not stop the rollout again", (cause, facts) => {
    const story = shifting({ ...canary, onFailure: "pause" });
    story.look(facts);
    story.order("resume");
    story.run(5);
    expect([story.rollout.pausedAt, story.rollout.heldWeight, story.rollout.failure?.cause]).toEqual([
      null,
      null,
      cause,
    ]);
    expect(story.runTo("completed").rollout.phase).toBe("completed");
  });

  test.each(["guard first", "judge first"])("has seen what guard and judge both find of one metric: %s", (order) => {
    const byGuard = { guard: guardReport("slow") };
    const byJudge = {
      judge: judgeReport({ ...judgeClosed("bad"), closed: { at: 0, metric: "error_rate", reason: "bad" } }),
    };
    const story = shifting({ ...canary, onFailure: "pause" });
    story.look(order === "guard first" ? byGuard : byJudge);
    story.look(order === "guard first" ? byJudge : byGuard);
    story.order("resume");
    story.run(5);
    expect([story.rollout.pausedAt, story.rollout.accepted.length]).toEqual([null, 1]);
    expect(story.runTo("completed").rollout.phase).toBe("completed");
  });

  test("is stopped again by what the judge finds of another metric than the guard did", () => {
    const story = shifting({ ...canary, onFailure: "pause" });
    story.look({ guard: guardReport("slow") });
    story.order("resume");
    story.look({ judge: judgeReport(judgeClosed("bad")) });
    expect(story.rollout.failure?.cause).toBe("judge");
  });

  test("goes on without a hook that failed, and no later hook is waived with it", () => {
    const steps = [hook, { setWeight: 10 }, hook];
    const story = new Story(newRollout({ strategy: { ...canary, steps, onFailure: "freeze" } })).runTo("shifting", 0);
    story.look();
    story.now += 1_000;
    story.look({ hooks: [{ step: 0, status: "failed", message: "503" }] });
    expect(story.rollout.failure?.frozen).toBe(true);
    story.order("resume");
    story.runTo("shifting", 2);
    story.look();
    expect(story.effectTypes).toEqual(["callHook"]);
    story.now += 1_000;
    story.look({ hooks: [...story.facts.hooks, { step: 2, status: "failed", message: "504" }] });
    expect([story.rollout.step, story.rollout.reason]).toEqual([2, "hook of step 3 failed: 504"]);
    expect(story.rollout.pausedAt).not.toBeNull();
  });

  test("grants a candidate that is short of instances the whole deadline", () => {
    const story = shifting({ ...canary, onFailure: "freeze" });
    story.look({ candidate: broken });
    expect(story.rollout.failure?.cause).toBe("availability");
    story.now += 500_000;
    story.order("resume");
    story.look();
    story.now += 59_999;
    expect(story.look().rollout.pausedAt).toBeNull();
    story.now += 1;
    expect(story.look().rollout.pausedAt).toBe(story.now);
  });

  test("does not have the time without instances counted as time under observation", () => {
    const story = shifting({ ...canary, steps: [{ setWeight: 60 }, { wait: { seconds: 30 } }], onFailure: "freeze" });
    story.run(10);
    const short = instances(2, 2, 3);
    story.look({ candidate: short });
    story.now += 60_000;
    story.look({ candidate: short });
    story.now += 100_000;
    story.order("resume");
    story.look({ candidate: instances(2, 3) });
    expect([story.rollout.step, story.last.wakeAt]).toEqual([1, story.now + 10_000]);
  });

  test("lets a weight that had begun go on only then", () => {
    const story = new Story(newRollout({ strategy: { ...canary, onFailure: "pause" } })).runTo("shifting", 4);
    story.look({ candidate: instances(2, 1) });
    expect(story.weight).toBe(2_500);
    story.look({ guard: guardReport("slow") });
    story.look({ candidate: instances(2, 4) });
    expect(story.weight).toBe(2_500);
    story.order("resume");
    story.look();
    expect(story.weight).toBe(10_000);
  });
});

describe("a person who takes it back", () => {
  test("may say that it is for a violation of security", () => {
    const context = { actor: "bob", comment: "a token leaked", now: 1, creator: "ada" };
    const { rollout, events } = applyCommand(shifting(canary).rollout, "rollback", {
      ...context,
      trigger: "security_violation",
    });
    expect(rollout).toMatchObject({
      trigger: "security_violation",
      reason: "rolled back by bob: a token leaked (security violation)",
    });
    expect(events.find((event) => event.alert)?.data.trigger).toBe("security_violation");
    expect(shifting(canary).order("rollback").rollout.trigger).toBe("manual");
    expect(shifting(canary).order("cancel").rollout.trigger).toBe("manual");
  });

  test("a failure of an instance of another revision is not this rollout's", () => {
    const story = shifting(canary);
    story.look({ exhausted: { ...tooMuch, revision: 1 } });
    expect(story.rollout.phase).toBe("shifting");
  });

  test("what was superseded, or failed its checks, says so", () => {
    const story = shifting(canary);
    story.look({ newer: "rol_2" });
    expect(story.rollout.trigger).toBe("superseded");
    const check = { name: "quota", severity: "critical" as const, passed: false, message: "", executionMs: 0, at: 0 };
    const failed = new Story(newRollout(), { validations: [{ ...check, type: "resources" }] });
    expect(failed.look().rollout).toMatchObject({ phase: "failed", trigger: "deployment_failure" });
    const insecure = new Story(newRollout(), { validations: [{ ...check, type: "security" }] });
    expect(insecure.look().rollout.trigger).toBe("security_violation");
  });
});
