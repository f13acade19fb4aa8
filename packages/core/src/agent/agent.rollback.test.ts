import fc from "fast-check";
import { expect, test } from "vitest";
import {
  ACT_ATTEMPTS,
  type ActOutcome,
  AGENT_ROLLBACK_STEPS,
  type AgentRollback,
  type AgentRollbackOptions,
  agentRollbackCompletion,
  agentRollbackProgress,
  beginAct,
  beginAgentRollback,
  nextAct,
  resumeAgentRollback,
  settleAct,
} from "./agent.rollback.ts";

const OPTIONS: AgentRollbackOptions = {
  preserveData: true,
  forceRollback: false,
  cleanupResources: true,
  backupBeforeRollback: true,
};

const begin = (options: Partial<AgentRollbackOptions> = {}) =>
  beginAgentRollback(
    {
      id: "rbk_1",
      project: "default",
      environment: "production",
      agent: "analyst",
      deployment: "dep_1",
      rollout: "rol_1",
      revision: 2,
      previous: 1,
      trigger: "manual_rollback",
      reason: "it is slow",
      actor: "ada",
      options: { ...OPTIONS, ...options },
    },
    0,
  );

const ended = ({ status }: { status: string }): boolean => status !== "pending" && status !== "running";
const done: ActOutcome = { result: "done", message: "it was done" };
const failed: ActOutcome = { result: "failed", message: "it did not work" };

function run(rollback: AgentRollback, outcome: (act: string) => ActOutcome) {
  const events = [];
  let now = 0;
  while (nextAct(rollback) !== null) {
    now += 1_000;
    const moved = settleAct(rollback, outcome(nextAct(rollback) ?? ""), now);
    rollback = moved.rollback;
    events.push(...moved.events);
  }
  return { rollback, events };
}

test("the backup, then the seven steps in their order, each an event", () => {
  const { rollback, events } = run(begin().rollback, () => done);
  expect(events.map(({ data }) => data.step)).toEqual(["backup", ...AGENT_ROLLBACK_STEPS, undefined]);
  expect(events.map(({ data }) => data.number).slice(1, -1)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  expect(events.at(-1)).toMatchObject({ type: "agent.rollback.finished", alert: false, data: { status: "success" } });
  expect(rollback).toMatchObject({ status: "success", error: null });
});

test("a step that fails is tried again, and then ends the rollback where it is", () => {
  const { rollback, events } = run(begin().rollback, (act) => (act === "clean_up" ? failed : done));
  expect(rollback).toMatchObject({ status: "failed", error: "Clean up resources and data failed: it did not work" });
  expect(rollback.acts.find(({ act }) => act === "clean_up")).toMatchObject({
    status: "failed",
    attempts: ACT_ATTEMPTS,
  });
  expect(rollback.acts.find(({ act }) => act === "validate")).toMatchObject({ status: "pending" });
  expect(events.at(-1)).toMatchObject({ type: "agent.rollback.finished", alert: true });
});

test("one that failed goes on where it stopped, with other options", () => {
  const stopped = run(begin().rollback, (act) => (act === "clean_up" ? failed : done)).rollback;
  const resumed = resumeAgentRollback(stopped, { ...OPTIONS, forceRollback: true }, 10_000).rollback;
  expect(nextAct(resumed)).toBe("clean_up");
  expect(resumed).toMatchObject({ status: "running", error: null, finishedAt: null });
  expect(run(resumed, (act) => (act === "clean_up" ? failed : done)).rollback).toMatchObject({ status: "success" });
});

test("forced, it goes on where a step fails, and says what did not work", () => {
  const { rollback } = run(begin({ forceRollback: true }).rollback, (act) => (act === "backup" ? failed : done));
  expect(rollback).toMatchObject({ status: "success", error: "Back up the data failed: it did not work" });
});

test.each(["stop_instance", "restore_previous_version", "validate"])(
  "forced or not, it has not succeeded without %s",
  (step) => {
    const { rollback } = run(begin({ forceRollback: true }).rollback, (act) => (act === step ? failed : done));
    expect(rollback.status).toBe("failed");
    expect(rollback.acts.every(ended)).toBe(true);
  },
);

test("waiting ends in failure, ten minutes later", () => {
  const waiting: ActOutcome = { result: "waiting", message: "an instance still runs" };
  const first = settleAct(begin().rollback, waiting, 1_000).rollback;
  expect(first.status).toBe("running");
  expect(settleAct(first, waiting, 600_999).rollback.status).toBe("running");
  expect(settleAct(first, waiting, 601_000).rollback).toMatchObject({
    status: "failed",
    error: "Back up the data failed: an instance still runs; given up after 600 s",
  });
});

test("an act is running from before its first attempt", () => {
  const begun = beginAct(begin().rollback, 5);
  expect(begun.acts[0]).toMatchObject({ act: "backup", status: "running", startedAt: 5 });
  expect(beginAct(begun, 6)).toBe(begun);
});

test("after any outcomes at all, steps ended in order, progress never fell and the end is final", () => {
  const outcome = fc.record({
    result: fc.constantFrom("done", "skipped", "waiting", "failed" as const),
    message: fc.constant("so"),
    after: fc.integer({ min: 0, max: 120_000 }),
  });
  fc.assert(
    fc.property(fc.array(outcome, { maxLength: 80 }), fc.boolean(), (outcomes, forceRollback) => {
      let rollback = begin({ forceRollback }).rollback;
      let now = 0;
      for (const { after, ...one } of outcomes) {
        now += after;
        const moved = settleAct(rollback, one, now);
        expect(agentRollbackProgress(moved.rollback)).toBeGreaterThanOrEqual(agentRollbackProgress(rollback));
        const over = moved.rollback.acts.filter(ended).length;
        // Nothing is ended behind what is not, and one event tells of each that ended.
        expect(moved.rollback.acts.slice(0, over).every(ended)).toBe(true);
        const steps = moved.events.filter(({ type }) => type === "agent.rollback.step.finished");
        expect(steps).toHaveLength(over - rollback.acts.filter(ended).length);
        if (rollback.status !== "running") expect(moved).toEqual({ rollback, events: [] });
        const isOver = moved.rollback.status !== "running";
        expect(moved.rollback.finishedAt !== null).toBe(isOver);
        expect(agentRollbackCompletion(moved.rollback, null, now) === null).toBe(isOver);
        rollback = moved.rollback;
      }
      expect(agentRollbackProgress(rollback) === 100).toBe(rollback.status === "success");
    }),
  );
});

test("the end is expected when earlier ones ended, and never in the past", () => {
  const { rollback } = begin();
  expect(agentRollbackCompletion(rollback, 4_000, 1_000)).toBe(4_000);
  expect(agentRollbackCompletion(rollback, 4_000, 9_000)).toBe(9_000);
});
