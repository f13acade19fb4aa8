import fc from "fast-check";
import { expect, test } from "vitest";
import { advanceRun } from "./advance.ts";
import type { Condition } from "./advance.types.ts";
import { cancelRun, judgeStage } from "./command.ts";
import { ancestorsOf } from "./graph.ts";
import { isRunEnded, isTaskEnded, stageStatus } from "./run.ts";
import { specOf, start, World } from "./workflow.testing.ts";

/** Any workflow: stages need only earlier ones, so that there is no cycle. */
const anySpec = fc
  .array(
    fc.record({
      needs: fc.array(fc.nat(7), { maxLength: 3 }),
      runOn: fc.constantFrom("success", "failure", "always"),
      when: fc.option(fc.constant("true"), { nil: undefined }),
      matrix: fc.option(fc.constant({ n: [1, 2] }), { nil: undefined }),
      approval: fc.option(fc.constant({ approvers: 1, fourEyes: false, expiresAfterSeconds: 50 }), { nil: undefined }),
      retries: fc.nat(2),
      retryDelaySeconds: fc.nat(3),
      timeoutSeconds: fc.integer({ min: 1, max: 100 }),
      continueOnError: fc.boolean(),
      run: fc.boolean().map((idempotent) => ({ command: ["true"], idempotent })),
    }),
    { minLength: 1, maxLength: 7 },
  )
  .map((stages) =>
    specOf(
      stages.map((stage, at) => ({
        ...stage,
        name: `s${at}`,
        needs: [...new Set(stage.needs.filter((need) => need < at))].map((need) => `s${need}`),
      })),
      { timeoutSeconds: 500, parallelism: 3 },
    ),
  );

/** What happens at each step: which attempt ends and how, or nothing; how much time passes; who says what. */
const anyCourse = fc.infiniteStream(
  fc.record({
    pick: fc.nat(20),
    how: fc.constantFrom("succeeded", "failed", "lost", "nothing", "nothing"),
    seconds: fc.nat(20),
    condition: fc.constantFrom<Condition>({ value: true }, { value: false }, { problem: "p" }),
    approve: fc.option(fc.boolean(), { nil: undefined }),
    cancel: fc.integer({ min: 0, max: 39 }).map((number) => number === 0),
    places: fc.nat(4),
  }),
);

test("whatever happens: no stage begins before its needs have ended, never too many at once, and every run ends", () => {
  fc.assert(
    fc.property(anySpec, anyCourse, (spec, course) => {
      const world = new World(spec);
      let cancelled = false;
      for (let round = 0; round < 2_000 && !isRunEnded(world.run.status); round += 1) {
        const { pick, how, seconds, condition, approve, cancel, places } = course.next().value;
        // Places are scarce, and come back now and then.
        world.places = round % 3 === 0 ? 4 : places;
        world.advance(() => condition);
        const running = world.run.tasks.filter(({ status }) => status === "running");
        expect(running.length).toBeLessThanOrEqual(3);
        const chosen = running[pick % Math.max(1, running.length)];
        if (chosen !== undefined && how !== "nothing" && world.attempts.get(chosen.key)?.attempt === chosen.attempt) {
          world.end(chosen.key, how);
        }
        const asked = world.run.tasks.find(({ status }) => status === "awaiting_approval");
        if (asked !== undefined && approve !== undefined && world.run.cancel === null) {
          const decision = { actor: `p${round}`, comment: "", now: world.now, stage: asked.stage, approved: approve };
          world.run = judgeStage(spec, world.run, decision).run;
        }
        if (cancel && !cancelled && world.run.cancel === null && !isRunEnded(world.run.status)) {
          cancelled = true;
          world.run = cancelRun(world.run, { actor: "ada", comment: "", now: world.now }).run;
        }
        world.now += seconds * 1_000;
      }
      expect(isRunEnded(world.run.status)).toBe(true);
      expect(world.run.tasks.every(({ status }) => isTaskEnded(status))).toBe(true);
      if (cancelled) expect(world.run.status).toBe("cancelled");
      for (const { task, ended } of world.begun) {
        const stage = world.run.tasks.find(({ key }) => key === task)?.stage ?? "";
        for (const need of ancestorsOf(spec.stages, stage)) expect(ended).toContain(need);
      }
      const fatal = spec.stages.some(
        ({ name, continueOnError }) => !continueOnError && stageStatus(world.run, name) === "failed",
      );
      if (!cancelled && world.run.cancel === null) expect(world.run.status).toBe(fatal ? "failed" : "succeeded");
    }),
    { numRuns: 300 },
  );
});

test("a cancelled run ends although nothing that runs ever stops", () => {
  fc.assert(
    fc.property(anySpec, fc.nat(5), (spec, rounds) => {
      const world = new World(spec);
      for (let round = 0; round < rounds; round += 1) world.advance();
      if (isRunEnded(world.run.status)) return;
      world.run = cancelRun(world.run, { actor: "ada", comment: "", now: world.now }).run;
      world.advance();
      world.now += 70_000;
      world.advance();
      expect(world.run.status).toBe("cancelled");
    }),
  );
});

test("the same facts say the same, and what has ended never moves again", () => {
  fc.assert(
    fc.property(anySpec, (spec) => {
      const run = start(spec);
      const facts = { attempts: new Map(), conditions: new Map(), places: 2 };
      const once = advanceRun(spec, run, facts, 5);
      expect(advanceRun(spec, run, facts, 5)).toEqual(once);
      const ended = { ...once.run, status: "failed" as const };
      expect(advanceRun(spec, ended, facts, 9)).toEqual({ run: ended, effects: [], events: [], wakeAt: null });
    }),
  );
});
