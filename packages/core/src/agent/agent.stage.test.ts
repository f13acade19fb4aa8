import { expect, test } from "vitest";
import { isTerminal, PHASES, TRANSITIONS } from "../rollout/phase.ts";
import { ROLLBACK_TRIGGERS } from "../rollout/trigger.ts";
import { AGENT_STAGES, agentStage, agentStatus } from "./agent.stage.ts";
import { AGENT_TRIGGERS, agentTrigger } from "./agent.trigger.ts";

test("the nine stages are all reached, each by some phase", () => {
  expect(AGENT_STAGES).toHaveLength(9);
  expect(new Set(PHASES.map((phase) => agentStage(phase)))).toEqual(new Set(AGENT_STAGES));
});

test("no move of a rollout goes back in the order of the stages", () => {
  for (const from of PHASES) {
    for (const to of TRANSITIONS[from]) {
      const before = AGENT_STAGES.indexOf(agentStage(from));
      const after = AGENT_STAGES.indexOf(agentStage(to));
      // A way back may end as failed: with nothing to go back to there is nothing that was rolled back.
      if (from === "rolling_back" && agentStage(to) === "failed") continue;
      expect(after, `${from} → ${to}`).toBeGreaterThanOrEqual(before);
    }
  }
});

test("what has ended does not run, and what goes on does", () => {
  for (const phase of PHASES) expect(agentStatus(agentStage(phase)) === "running").toBe(!isTerminal(phase));
});

test("a deployment is rolling back until the last step of its way back is done", () => {
  expect(agentStage("rolled_back", "running")).toBe("rolling_back");
  // With nothing to go back to the rollout has failed; the agent was taken back all the same.
  expect(agentStage("failed", "running")).toBe("rolling_back");
  expect(agentStage("failed", "success")).toBe("rolled_back");
  expect(agentStage("completed", "success")).toBe("rolled_back");
  expect(agentStage("rolled_back", "failed")).toBe("failed");
});

test("every trigger of a rollout has a word, and every word a trigger", () => {
  expect(new Set(ROLLBACK_TRIGGERS.map(agentTrigger))).toEqual(new Set(AGENT_TRIGGERS));
  expect(agentTrigger(null)).toBe("manual_rollback");
});
