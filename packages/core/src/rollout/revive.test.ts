import { expect, test } from "vitest";
import { isTerminal } from "./phase.ts";
import { reviveRollout } from "./revive.ts";
import type { Rollout } from "./rollout.ts";
import { ab, blueGreen, canary, gradual, immediate, newRollout, Story, shadow } from "./testing/fixtures.ts";

const ADDED = [
  ...["approvers", "approvalExpirySeconds", "attempts", "tests", "judge", "shadow", "goal", "trigger", "failure"],
  ...["heldWeight", "accepted", "irreversible", "newerWaiting"],
];
const ADDED_TO_STRATEGY = ["onFailure", "tests", "holdbackPercentage", "compare"];

const without = (document: object, keys: readonly string[]) =>
  Object.fromEntries(Object.entries(document).filter(([key]) => !keys.includes(key)));

/** As the first version stored it. */
function old(rollout: Rollout): Rollout {
  const { onProviderError: _, ...analysis } = rollout.strategy.analysis;
  return JSON.parse(
    JSON.stringify({
      ...without(rollout, ADDED),
      strategy: { ...without(rollout.strategy, ADDED_TO_STRATEGY), analysis },
      desired: without(rollout.desired, ["preview"]),
      approvals: rollout.approvals.map((approval) => without(approval, ["step"])),
      gates: [
        { gate: "quality", required: true, status: "passed", message: "fine", at: 0, conditions: [{ passed: true }] },
      ],
    }),
  );
}

test("a rollout of this version comes back as it is", () => {
  const { rollout } = new Story().runTo("shifting");
  expect(reviveRollout(rollout)).toBe(rollout);
});

test.each([immediate, gradual, canary, blueGreen, shadow, ab])(
  "one that an earlier version left in the middle of $type goes on to its end",
  (strategy) => {
    const story = new Story(newRollout({ strategy })).runTo("shifting");
    story.rollout = { ...story.rollout, approvals: [{ actor: "bob", comment: "", at: 0, step: null }] };
    const revived = reviveRollout(old(story.rollout));
    const { gates, ...rest } = revived;
    expect({ ...rest, gates: [] }).toEqual({ ...story.rollout, gates: [] });
    expect(gates).toEqual([
      { gate: "quality", required: true, status: "passed", message: "fine", at: 0, conditions: [], waitsUntil: null },
    ]);
    story.rollout = revived;
    expect(isTerminal(story.runTo("completed").rollout.phase)).toBe(true);
  },
);

test("a strategy that this version would refuse keeps what it said, and gets what it lacks", () => {
  const stored = old(newRollout());
  const odd = { ...stored, strategy: { ...stored.strategy, monitoringSeconds: -1 } };
  expect(reviveRollout(odd).strategy).toMatchObject({
    type: "canary",
    monitoringSeconds: -1,
    onFailure: "rollback",
    tests: null,
    holdbackPercentage: 0,
    analysis: { onProviderError: "hold", minimumSamples: 10 },
  });
});
