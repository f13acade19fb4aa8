import { expect, test } from "vitest";
import { staleKeys } from "./invalidate.ts";

const event = { type: "rollout.phase.changed", project: "default", deployment: "dep_1", rollout: "rol_1" };

test("an event of a rollout has it asked anew at once, and the lists that it is in a moment later", () => {
  expect(staleKeys(event)).toEqual({
    now: [
      ["rollout", "rol_1"],
      ["deployment", "dep_1"],
    ],
    soon: [
      ["rollouts", "default"],
      ["deployments", "default"],
      ["overview", "default"],
    ],
  });
});

test("an event of something else has its list asked anew", () => {
  expect(staleKeys({ ...event, type: "gate.updated", deployment: null, rollout: null })).toEqual({
    now: [],
    soon: [["gates", "default"]],
  });
});

test("rules that somebody changed change what is made of them", () => {
  const { soon } = staleKeys({ ...event, type: "environment.updated", deployment: null, rollout: null });
  expect(soon).toEqual([["environments", "default"], ["overview", "default"], ["target-outlook", "default"], ["plan"]]);
});

test("with a deployment its rollouts are gone: whichever is open is asked for anew", () => {
  const { now, soon } = staleKeys({ ...event, type: "deployment.removed", rollout: null });
  expect(now).toEqual([["deployment", "dep_1"], ["rollout"]]);
  expect(soon).toEqual([
    ["deployments", "default"],
    ["overview", "default"],
    ["rollouts", "default"],
  ]);
});
