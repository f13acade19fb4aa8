import { type ActOutcome, type AgentRollback, beginAgentRollback, settleAct } from "@sluice/core";
import { describe, expect, test } from "vitest";
import { actAtTargets } from "./rollback.targets.ts";

const { rollback: BEGUN } = beginAgentRollback(
  {
    ...{ id: "rbk_1", project: "default", environment: "abroad", agent: "analyst", deployment: "dep_1" },
    ...{ rollout: "rol_1", revision: 2, previous: 1, trigger: "manual_rollback", reason: "slow", actor: "ada" },
    options: { preserveData: true, forceRollback: false, cleanupResources: true, backupBeforeRollback: true },
  },
  0,
);

/** What the first acts at a target came to, the backup first. */
const after = (target: string, ...outcomes: ActOutcome["result"][]) => ({
  target,
  rollback: outcomes.reduce<AgentRollback>(
    (rollback, result, index) => settleAct(rollback, { result, message: `${result} ${index}` }, index).rollback,
    BEGUN,
  ),
});
const failing = (target: string) => after(target, "failed", "failed", "failed");

describe("an act at several targets", () => {
  test("has ended when it has ended at each, and tells of all", () => {
    expect(actAtTargets([after("eu", "done"), after("us", "skipped", "done")], "backup")).toEqual({
      result: "done",
      message: "eu: done 0; us: skipped 0",
    });
    expect(actAtTargets([after("eu", "skipped"), after("us", "skipped")], "backup").result).toBe("skipped");
  });

  test("waits for those that are behind, and says for what", () => {
    expect(actAtTargets([after("eu", "done"), after("us", "waiting")], "backup")).toEqual({
      result: "waiting",
      message: "us: waiting 0",
    });
    expect(actAtTargets([after("eu")], "validate").message).toBe("eu: the steps before are still to be done");
  });

  test("has failed where one fails it, or came to its end before it", () => {
    const parts = [after("eu", "done", "waiting"), failing("us")];
    expect(actAtTargets(parts, "backup")).toMatchObject({
      result: "failed",
      message: expect.stringMatching(/^us: Back up the data failed/),
    });
    expect(actAtTargets(parts, "stop_instance").result).toBe("failed");
  });

  test("is skipped where nothing is left of any", () => {
    expect(actAtTargets([], "clean_up").result).toBe("skipped");
  });
});
