import { describe, expect, test } from "vitest";
import { immediate, instances, newRollout, Story, splitOf } from "./testing/fixtures.ts";

const story = (): Story => new Story(newRollout({ strategy: { ...immediate, monitoringSeconds: 5 } }));
const undone = { ...instances(2, 10), drift: 'Deployment a: image is "1", was "2"' };

// edge case 51
describe("a platform that was set back underneath", () => {
  test("is not told as completed, though all instances are ready and the weights are in force", () => {
    const told = story().runTo("monitoring");
    const { candidate } = told.facts;
    told.facts = { ...told.facts, candidate: { ...undone, ...candidate, drift: undone.drift } };
    told.now += 60_000;
    told.look();
    expect(told.rollout.phase).toBe("monitoring");
    expect(told.effectTypes).toContain("setInstances");
    told.obey();
    told.run(10);
    expect(told.rollout.phase).toBe("completed");
  });

  test("ends as rolled back when nobody can put it right, with what was changed as the reason", () => {
    const told = story().runTo("monitoring");
    const { candidate } = told.facts;
    told.facts = { ...told.facts, candidate: { ...undone, ...candidate, drift: undone.drift } };
    for (let passed = 0; passed < 700 && told.rollout.phase === "monitoring"; passed += 1) {
      told.now += 1_000;
      told.look();
    }
    expect(told.rollout.phase).toBe("rolling_back");
    told.run(60);
    expect(told.rollout).toMatchObject({
      phase: "rolled_back",
      reason: expect.stringContaining(`revision 2 is not as it was delivered (${undone.drift})`),
    });
  });

  test("gets no more weight before it is what was delivered", () => {
    const told = story().runTo("preparing");
    const wanted = told.facts.replicas;
    told.look({ candidate: { ...undone, desired: wanted, ready: wanted, present: wanted } });
    expect([told.rollout.phase, told.weight]).toEqual(["preparing", 0]);
    told.obey();
    told.run(5);
    expect(told.rollout.phase).not.toBe("preparing");
  });

  test("is not told as completed while the data plane deals as before", () => {
    const told = story().runTo("monitoring");
    told.run(4);
    told.setTraffic({ split: splitOf(0) });
    told.now += 60_000;
    told.look();
    expect([told.rollout.phase, told.effectTypes]).toEqual(["monitoring", ["setTraffic"]]);
  });
});
