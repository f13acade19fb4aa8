import { describe, expect, test } from "vitest";
import { canary, instances, newRollout, Story, TESTS, testResult } from "../testing/fixtures.ts";

const tested = (changes: Partial<typeof canary> = {}) =>
  new Story(newRollout({ strategy: { ...canary, tests: TESTS, ...changes } }), { tests: null }).runTo("testing");

describe("testing", () => {
  test("asks for the tests until they have begun, waits while one runs, and goes on when all have passed", () => {
    const story = tested();
    expect([story.weight, story.effectTypes]).toEqual([0, ["runTests"]]);
    expect(story.look().effects).toEqual([{ type: "runTests" }]);
    story.look({ tests: [testResult("answers", "passed"), testResult("load", "running", "load")] });
    expect([story.rollout.phase, story.effectTypes, story.rollout.tests.length]).toEqual(["testing", [], 2]);
    story.look({ tests: [testResult("answers", "passed"), testResult("security/tls", "skipped", "security")] });
    expect([story.rollout.phase, story.rollout.tests.map((result) => result.status)]).toEqual([
      "shifting",
      ["passed", "skipped"],
    ]);
  });

  test.each([
    ["a wrong answer", "functional", "failed", "test_failure"],
    ["a slow answer", "performance", "failed", "performance_degradation"],
    ["too many at once", "load", "failed", "performance_degradation"],
    ["a hole", "security", "failed", "security_violation"],
    ["a test that could not be carried out", "load", "error", "test_failure"],
  ] as const)(
    "%s turns the rollout back before it had any traffic, quoting the test",
    (name, type, status, trigger) => {
      // edge case 52
      const story = tested();
      story.look({ tests: [testResult("other", "passed"), testResult(name, status, type)] });
      expect(story.rollout).toMatchObject({
        phase: "rolled_back",
        trigger,
        reason: `test failed: ${name}: ${name} has ${status}`,
      });
      expect(story.weight).toBe(0);
      expect(story.alerts).toEqual(["rollout.return.started", "rollout.phase.changed"]);
    },
  );

  test("of several that failed the gravest names the trigger, and the reason quotes five at most", () => {
    const story = tested();
    const slow = Array.from({ length: 6 }, (_, index) => testResult(`slow ${index}`, "failed", "performance"));
    story.look({ tests: [...slow, testResult("hole", "failed", "security")] });
    expect(story.rollout.trigger).toBe("security_violation");
    expect(story.rollout.reason).toMatch(/^tests failed: slow 0: .*; slow 4: slow 4 has failed; and 2 more$/);
  });

  test("one that has failed is not heard before the others have ended", () => {
    const story = tested();
    story.look({ tests: [testResult("answers", "failed"), testResult("load", "running", "load")] });
    expect(story.rollout.phase).toBe("testing");
  });

  test("is not repeated on the way to a revision that was promoted before", () => {
    // edge case 3, edge case 4
    const story = new Story(newRollout({ strategy: { ...canary, tests: TESTS }, fastTrack: true }), { tests: null });
    expect(story.runTo("completed").rollout.phase).toBe("completed");
  });

  test("asks nobody while there is no instance to ask, or while a person holds the rollout", () => {
    const story = tested();
    story.look({ candidate: instances(2, 0, 1) });
    expect(story.effectTypes).not.toContain("runTests");
    story.look({ candidate: instances(2, 1) });
    story.order("pause");
    expect(story.look().effects).toEqual([]);
    story.order("resume");
    expect(story.look().effects).toEqual([{ type: "runTests" }]);
  });

  test("with onFailure pause stays paused at zero traffic, and whoever resumes has them run again", () => {
    const story = tested({ onFailure: "pause" });
    const failed = [testResult("answers", "failed")];
    story.look({ tests: failed });
    expect([story.rollout.phase, story.rollout.pausedAt, story.alerts]).toEqual([
      "testing",
      story.now,
      ["rollout.paused"],
    ]);
    expect(story.look().events).toEqual([]);
    story.run(1_000);
    expect([story.rollout.phase, story.weight]).toEqual(["testing", 0]);
    story.order("resume");
    expect([story.rollout.tests, story.rollout.attempts]).toEqual([
      [],
      { gates: 1, tests: 2, migrations: 1, members: 1 },
    ]);
    expect(story.look({ tests: null }).effects).toEqual([{ type: "runTests" }]);
    story.look({ tests: [testResult("answers", "passed")] });
    expect(story.rollout.phase).toBe("shifting");
  });

  test("a later pause of a person does not have them run again", () => {
    const story = tested({ onFailure: "pause" });
    story.look({ tests: [testResult("answers", "failed")] });
    story.order("resume");
    story.now += 1_000;
    story.look({ tests: [testResult("answers", "running")] });
    story.order("pause");
    story.now += 1_000;
    story.order("resume");
    expect(story.rollout.attempts.tests).toBe(2);
  });
});
