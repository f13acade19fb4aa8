import { describe, expect, test } from "vitest";
import type { StepInput } from "../../strategy/strategy.types.ts";
import { applyCommand } from "../command.ts";
import { ANALYSIS, canary, guardReport, instances, newRollout, Story, shadow, splitOf } from "../testing/fixtures.ts";

const own = (steps: StepInput[], changes: Partial<typeof canary> = {}) =>
  newRollout({ strategy: { ...canary, ...changes, steps } });
const person = (now: number) => ({ actor: "bob", comment: "", now, creator: "ada" });

describe("a weight", () => {
  test("is done only when the data plane shows it", () => {
    // edge case 19
    const story = new Story().runTo("shifting");
    expect(story.weight).toBe(500);
    for (const traffic of [
      { split: splitOf(0), applied: true, verified: true },
      { split: splitOf(500), applied: true, verified: false },
      { split: splitOf(500), applied: false, verified: true },
      { split: null, applied: true, verified: true },
    ]) {
      story.setTraffic(traffic);
      story.look();
      expect([story.rollout.step, story.effectTypes]).toEqual([0, ["setTraffic"]]);
    }
    story.setTraffic({ split: splitOf(500), applied: true, verified: true });
    expect(story.look().events.map((event) => event.type)).toContain("rollout.weight.applied");
    expect(story.rollout.step).toBe(1);
  });

  test("is not given before the instances for it are ready", () => {
    // edge case 18, edge case 22
    const story = new Story().runTo("shifting", 4);
    story.look({ candidate: instances(2, 1) });
    expect(story.last.effects).toContainEqual({ type: "setInstances", revision: 2, replicas: 4 });
    story.look({ candidate: instances(2, 3, 4) });
    expect(story.weight).toBe(2_500);
    story.look({ candidate: instances(2, 4) });
    expect(story.weight).toBe(10_000);
  });

  test("goes back to zero while the candidate has no ready instance, and returns with it", () => {
    // edge case 17
    const story = new Story().runTo("shifting", 3);
    story.look({ candidate: instances(2, 0, 1) });
    expect(story.weight).toBe(0);
    expect(story.alerts).toEqual(["rollout.weight.changed"]);
    story.obey();
    story.run(30);
    story.look({ candidate: instances(2, 1) });
    expect([story.weight, story.rollout.phase, story.rollout.step]).toEqual([2_500, "shifting", 3]);
  });

  test("a candidate that lost some instances is held, and rolled back at the deadline", () => {
    // edge case 17, edge case 37
    const story = new Story(own([{ setWeight: 60 }, { wait: { seconds: 5 } }])).runTo("shifting", 1);
    story.look({ candidate: instances(2, 2, 3) });
    expect(story.last.events.map((event) => event.type)).toEqual(["rollout.candidate.unavailable"]);
    story.run(59);
    expect([story.rollout.phase, story.rollout.step, story.weight]).toEqual(["shifting", 1, 6_000]);
    story.run(1);
    expect([story.rollout.phase, story.rollout.returningTo]).toEqual(["rolling_back", "rolled_back"]);
  });

  test("time without enough instances is not time under observation", () => {
    const story = new Story(own([{ setWeight: 60 }, { wait: { seconds: 30 } }])).runTo("shifting", 1);
    story.run(10);
    story.look({ candidate: instances(2, 2, 3) });
    story.now += 40_000;
    story.look({ candidate: instances(2, 3) });
    expect([story.rollout.step, story.last.wakeAt]).toEqual([1, story.now + 10_000]);
  });

  test("nothing moves on the word of a gateway that cannot be asked", () => {
    // edge case 42
    const story = new Story().runTo("shifting", 1);
    story.setTraffic({ verified: false });
    story.run(300);
    expect([story.rollout.phase, story.rollout.step, story.weight]).toEqual(["shifting", 1, 500]);
  });

  test("without a route, readiness is all there is to verify", () => {
    const story = new Story(newRollout(), { routed: false });
    story.setTraffic({ verified: false, applied: false, split: null });
    story.runTo("completed");
    expect(story.rollout.desired.split).toBeNull();
  });
});

describe("a change of the wanted replicas", () => {
  test("keeps the ratio and neither restarts steps nor the analysis", () => {
    // edge case 14, edge case 16
    const story = new Story().runTo("shifting", 3);
    const startedAt = story.rollout.steps[3]?.startedAt;
    story.facts = { ...story.facts, replicas: 12 };
    story.look();
    expect(story.last.effects).toContainEqual({ type: "setInstances", revision: 1, replicas: 12 });
    expect(story.last.effects).toContainEqual({ type: "setInstances", revision: 2, replicas: 3 });
    story.obey();
    story.look();
    expect([story.rollout.step, story.rollout.steps[3]?.startedAt]).toEqual([3, startedAt]);
    expect(story.runTo("completed").rollout.phase).toBe("completed");
  });

  test("while paused is followed, and nothing advances", () => {
    // edge case 15
    const story = new Story().runTo("shifting", 3);
    story.rollout = applyCommand(story.rollout, "pause", person(story.now)).rollout;
    story.facts = { ...story.facts, replicas: 8 };
    story.run(500);
    expect(story.rollout.desired.instances).toEqual([
      { revision: 1, replicas: 8 },
      { revision: 2, replicas: 2 },
    ]);
    expect([story.rollout.step, story.weight]).toEqual([3, 2_500]);
  });

  test("to zero never takes the instances of what serves", () => {
    // edge case 16
    const story = new Story().runTo("shifting", 1);
    story.look({ replicas: 0 });
    expect(story.rollout.desired.instances).toEqual([
      { revision: 1, replicas: 1 },
      { revision: 2, replicas: 1 },
    ]);
  });
});

describe("waits", () => {
  test("that passed while nobody looked fold into one advance, but never past a weight", () => {
    // edge case 38
    const steps: StepInput[] = [
      { setWeight: 10 },
      { wait: { seconds: 60 } },
      { wait: { seconds: 60 } },
      { setWeight: 50 },
    ];
    const story = new Story(own(steps)).runTo("shifting", 1);
    story.look();
    const begun = story.rollout.steps[1]?.startedAt ?? 0;
    story.now = begun + 3_600_000;
    story.look();
    expect(story.rollout.steps.slice(1, 3).map((step) => [step.status, step.finishedAt])).toEqual([
      ["done", begun + 60_000],
      ["done", begun + 120_000],
    ]);
    expect([story.rollout.step, story.rollout.steps[3]?.status]).toEqual([3, "running"]);
  });

  test("are not ended by their timer while a person holds the rollout, and go on where they stood", () => {
    // edge case 35, edge case 36
    const story = new Story(own([{ setWeight: 10 }, { wait: { seconds: 60 } }])).runTo("shifting", 1);
    story.run(20);
    story.rollout = applyCommand(story.rollout, "pause", person(story.now)).rollout;
    story.run(10_000);
    expect(story.rollout.step).toBe(1);
    story.rollout = applyCommand(story.rollout, "resume", person(story.now)).rollout;
    story.run(39);
    expect(story.rollout.step).toBe(1);
    story.run(2);
    expect(story.rollout.step).toBe(2);
  });

  test("for an approval wait for ever, and roll back all the same when the guard closes", () => {
    // edge case 33
    const story = new Story(own([{ setWeight: 10 }, { wait: { approval: true } }])).runTo("shifting", 1);
    story.run(5_000);
    expect(story.rollout.step).toBe(1);
    story.look({ guard: guardReport("error rate") });
    expect([story.rollout.phase, story.rollout.reason]).toEqual(["rolling_back", "error rate"]);
    expect(story.alerts).toContain("rollout.guard.closed");
  });

  test("the progress deadline stands still during a pause", () => {
    // edge case 35
    const story = new Story().runTo("shifting", 1);
    story.look({ candidate: instances(2, 0, 1) });
    story.now += 30_000;
    story.look();
    story.rollout = applyCommand(story.rollout, "pause", person(story.now)).rollout;
    story.now += 600_000;
    expect(story.look().rollout.phase).toBe("shifting");
    story.rollout = applyCommand(story.rollout, "resume", person(story.now)).rollout;
    story.now += 29_000;
    expect(story.look().rollout.phase).toBe("shifting");
    story.now += 1_000;
    expect(story.look().rollout.phase).toBe("rolling_back");
  });

  test("a pause does not keep the guard from closing the gate", () => {
    // edge case 33
    const story = new Story().runTo("shifting", 1);
    story.rollout = applyCommand(story.rollout, "pause", person(story.now)).rollout;
    story.look({ guard: guardReport("slow") });
    expect([story.rollout.phase, story.rollout.pausedAt]).toEqual(["rolling_back", null]);
  });
});

describe("an analysis without traffic", () => {
  const analysed = (onNoData: "hold" | "promote" | "rollback", autoRollback = true) =>
    new Story(
      own([{ setWeight: 10 }, { analyze: { seconds: 60 } }], { analysis: { ...ANALYSIS, onNoData }, autoRollback }),
      {
        traffic: { verified: true, applied: true, split: splitOf(0), samples: { stable: 1_000, candidate: 9 } },
      },
    ).runTo("shifting", 1);

  test("is neither success nor failure: it is held, up to a limit", () => {
    // edge case 24
    const story = analysed("hold");
    expect(story.run(100)).toContain("rollout.analysis.held");
    expect([story.rollout.phase, story.rollout.step]).toEqual(["shifting", 1]);
    story.run(90);
    expect(story.rollout.reason).toBe("fewer than 10 requests of the candidate to judge by within 120 s");
  });

  test("goes on as soon as there is enough to judge by", () => {
    const story = analysed("hold");
    story.run(100);
    story.setTraffic({ samples: { stable: 1_000, candidate: 10 } });
    story.look();
    expect([story.rollout.step, story.rollout.noDataSince]).toEqual([2, null]);
  });

  test("promotes or rolls back at once where the strategy says so", () => {
    const promoting = analysed("promote");
    promoting.run(62);
    expect(promoting.rollout.steps[1]?.status).toBe("done");
    const cautious = analysed("rollback");
    cautious.run(62);
    expect(cautious.rollout.returningTo).toBe("rolled_back");
  });

  test("pauses with an alert where nothing may be rolled back automatically", () => {
    // edge case 52
    const story = analysed("rollback", false);
    story.run(58);
    while (story.rollout.pausedAt === null) story.run(1);
    expect([story.rollout.phase, story.alerts]).toEqual(["shifting", ["rollout.paused"]]);
  });

  test("does not wait for requests of a stable revision that is broken", () => {
    // edge case 12
    const story = new Story(own([{ setWeight: 10 }, { analyze: { seconds: 60 } }]), {
      stable: instances(1, 0, 4),
    }).runTo("shifting", 1);
    story.setTraffic({ samples: { stable: 0, candidate: 50 } });
    expect(story.runTo("completed").rollout.phase).toBe("completed");
  });

  test("a shadow is judged by what was copied, and no answer of its is served", () => {
    const story = new Story(newRollout({ strategy: shadow })).runTo("shifting", 1);
    expect(story.rollout.desired.mirror).toEqual({ revision: 2, weight: 10_000 });
    story.setTraffic({ samples: { stable: 500, candidate: 0 } });
    story.runTo("completed");
    expect(story.weight).toBe(0);
  });
});

describe("the guard with autoRollback off", () => {
  test("pauses the rollout once, and not again when a person goes on", () => {
    const story = new Story(newRollout({ strategy: { ...canary, autoRollback: false } })).runTo("shifting", 1);
    story.look({ guard: guardReport("error rate") });
    expect([story.rollout.phase, story.rollout.pausedAt, story.alerts]).toEqual([
      "shifting",
      story.now,
      ["rollout.guard.closed", "rollout.paused"],
    ]);
    expect(story.look().events).toEqual([]);
    story.rollout = applyCommand(story.rollout, "resume", person(story.now)).rollout;
    story.look();
    expect(story.rollout.pausedAt).toBeNull();
    expect(story.runTo("completed").rollout.phase).toBe("completed");
  });
});

describe("a hook", () => {
  const hooked = () =>
    new Story(own([{ setWeight: 10 }, { hook: { url: "http://hook", timeoutSeconds: 5 } }])).runTo("shifting", 1);

  test("is asked for until its call is on record, and never again", () => {
    // edge case 34, edge case 38
    const story = hooked();
    const call = { type: "callHook", step: 1, url: "http://hook", timeoutSeconds: 5 };
    expect(story.look().effects).toEqual([call]);
    expect(story.look().effects).toEqual([call]);
    expect(story.look({ hooks: [{ step: 1, status: "running", message: "" }] }).effects).toEqual([]);
    const after = story.look({ hooks: [{ step: 1, status: "succeeded", message: "" }] });
    expect([story.rollout.step, after.effects.map((effect) => effect.type)]).toEqual([2, ["setInstances"]]);
    // The gate is denied afterwards: the hook stays done.
    story.look({ guard: guardReport("error rate") });
    expect(story.effectTypes).not.toContain("callHook");
  });

  test("that fails, or never answers, turns the rollout back with an alert", () => {
    // edge case 37, edge case 52
    const failing = hooked();
    failing.look({ hooks: [{ step: 1, status: "failed", message: "503" }] });
    expect([failing.rollout.returningTo, failing.rollout.reason]).toEqual([
      "rolled_back",
      "hook of step 2 failed: 503",
    ]);
    expect(failing.alerts).toContain("rollout.return.started");
    const silent = hooked();
    silent.look({ hooks: [{ step: 1, status: "running", message: "" }] });
    silent.now += 66_000;
    silent.look();
    expect(silent.rollout.reason).toBe("hook of step 2 did not answer within 5 s");
  });
});

describe("every other step", () => {
  test("scale, mirror and match are done when they are seen to be so", () => {
    const steps: StepInput[] = [
      { scale: { percentage: 50 } },
      { match: { header: { "X-Beta": "1" } } },
      { mirror: { percentage: 20 } },
      { wait: { approval: true } },
    ];
    const story = new Story(own(steps)).runTo("shifting", 3);
    expect(story.rollout.desired).toMatchObject({
      mirror: { revision: 2, weight: 2_000 },
      pins: [{ revision: 2, headers: { "x-beta": "1" }, cookies: {} }],
    });
    expect(story.weight).toBe(0);
    // Nobody is sent to a revision that is not there.
    story.look({ candidate: instances(2, 0, 4) });
    expect(story.rollout.desired).toMatchObject({ mirror: null, pins: [] });
  });

  test("a match is not done while a gateway has not taken it over, whatever the weights say", () => {
    // edge case 19
    const story = new Story(own([{ match: { header: { beta: "1" } } }, { wait: { approval: true } }])).runTo(
      "shifting",
      0,
    );
    story.setTraffic({ applied: false });
    expect(story.look().rollout.step).toBe(0);
    story.setTraffic({ applied: true });
    expect(story.look().rollout.step).toBe(1);
  });
});
