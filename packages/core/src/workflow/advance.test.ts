import fc from "fast-check";
import { expect, test } from "vitest";
import { type AttemptFact, advanceRun, type Condition, type RunEffect } from "./advance.ts";
import { cancelRun, judgeStage } from "./command.ts";
import { ancestorsOf } from "./graph.ts";
import { createRun, isRunEnded, isTaskEnded, retryRun, stageStatus, type WorkflowRun } from "./run.ts";
import { type WorkflowSpec, workflowSchema } from "./workflow.schema.ts";

const step = { run: { command: ["true"] } };

const specOf = (stages: object[], more: object = {}): WorkflowSpec =>
  workflowSchema.parse({ ...more, stages: stages.map((stage) => ({ ...step, ...stage })) });

const start = (spec: WorkflowSpec, more: object = {}): WorkflowRun =>
  createRun(
    {
      ...{ id: "wfr_1", project: "default", workflow: "w", version: 1, spec, inputs: {}, environment: "" },
      ...{ ref: { branch: "", tag: "", commit: "" }, triggeredBy: "ada" },
      ...more,
    },
    0,
  );

/** A world in which attempts are begun when they are asked for, and end as the test says. */
class World {
  readonly spec: WorkflowSpec;
  run: WorkflowRun;
  now = 0;
  places = 100;
  readonly attempts = new Map<string, AttemptFact>();
  readonly conditions = new Map<string, Condition>();
  readonly begun: { task: string; ended: Set<string> }[] = [];

  constructor(spec: WorkflowSpec, run = start(spec)) {
    this.spec = spec;
    this.run = run;
  }

  advance(decide: (task: string) => Condition = () => ({ value: true })): RunEffect[] {
    const facts = { attempts: this.attempts, conditions: this.conditions, places: this.places };
    const { run, effects } = advanceRun(this.spec, this.run, facts, this.now);
    this.run = run;
    for (const effect of effects) {
      if (effect.type === "evaluate") this.conditions.set(effect.task, decide(effect.task));
      if (effect.type === "begin") {
        this.attempts.set(effect.task, { attempt: effect.attempt, status: "running", reason: null, outputs: {} });
        this.begun.push({
          task: effect.task,
          ended: new Set(run.tasks.filter(({ status }) => isTaskEnded(status)).map(({ stage }) => stage)),
        });
      }
    }
    return effects;
  }

  end(task: string, status: "succeeded" | "failed" | "lost", more: Partial<AttemptFact> = {}): void {
    const before = this.attempts.get(task);
    if (before === undefined) throw new Error(`${task} was not begun`);
    this.attempts.set(task, { ...before, status, reason: status === "succeeded" ? null : "no luck", ...more });
  }

  status(task: string): string | undefined {
    return this.run.tasks.find(({ key }) => key === task)?.status;
  }

  running(): string[] {
    return [...this.attempts].filter(([, fact]) => fact.status === "running").map(([task]) => task);
  }
}

test("stages without needs run at the same time, and what needs them after them", () => {
  const world = new World(specOf([{ name: "a" }, { name: "b" }, { name: "c", needs: ["a", "b"] }]));
  world.advance();
  expect(world.running()).toEqual(["a", "b"]);
  world.end("a", "succeeded");
  world.advance();
  expect(world.status("c")).toBe("pending");
  world.end("b", "succeeded", { outputs: { tag: "v1" } });
  world.advance();
  expect(world.running()).toEqual(["c"]);
  world.end("c", "succeeded");
  world.advance();
  expect(world.run).toMatchObject({ status: "succeeded", reason: null });
});

test("a failure skips what needs it, runs what waits for it, and fails the run with its reason", () => {
  const world = new World(
    specOf([
      { name: "build" },
      { name: "deploy", needs: ["build"] },
      { name: "tell", needs: ["deploy"], runOn: "always" },
      { name: "undo", needs: ["build"], runOn: "failure" },
    ]),
  );
  world.advance();
  world.end("build", "failed");
  world.advance();
  expect([world.status("deploy"), world.running()]).toEqual(["skipped", ["tell", "undo"]]);
  world.end("tell", "succeeded");
  world.end("undo", "succeeded");
  world.advance();
  expect(world.run).toMatchObject({ status: "failed", reason: "build: no luck" });
});

test("whoever waits for a failure hears of it through stages that were skipped", () => {
  const world = new World(
    specOf([
      { name: "a" },
      { name: "b", needs: ["a"] },
      { name: "c", needs: ["b"], runOn: "failure" },
      { name: "d", needs: ["c"], runOn: "failure", when: "false" },
    ]),
  );
  world.advance();
  world.end("a", "failed");
  world.advance();
  expect([world.status("b"), world.running()]).toEqual(["skipped", ["c"]]);
});

test("a tolerated failure counts as well", () => {
  const world = new World(
    specOf([
      { name: "lint", continueOnError: true },
      { name: "build", needs: ["lint"] },
    ]),
  );
  world.advance();
  world.end("lint", "failed");
  world.advance();
  world.end("build", "succeeded");
  world.advance();
  expect(world.run.status).toBe("succeeded");
  expect(world.status("lint")).toBe("failed");
});

test.each<[Condition, string]>([
  [{ value: true }, "running"],
  [{ value: false }, "skipped"],
  [{ problem: "it names nothing" }, "failed"],
])("a condition that is %j leaves the stage %s", (condition, status) => {
  const world = new World(specOf([{ name: "a", when: "branch == 'main'" }]));
  expect(world.advance(() => condition)).toEqual([{ type: "evaluate", task: "a" }]);
  world.advance();
  expect(world.status("a")).toBe(status);
});

test("a condition is not asked before the needs have ended, nor where they rule the stage out", () => {
  const world = new World(specOf([{ name: "a" }, { name: "b", needs: ["a"], when: "true" }]));
  expect(world.advance().map(({ type }) => type)).toEqual(["begin"]);
  world.end("a", "failed");
  expect(world.advance()).toEqual([]);
  expect(world.status("b")).toBe("skipped");
});

test("retries come after a delay that doubles, and end", () => {
  const world = new World(specOf([{ name: "a", retries: 2, retryDelaySeconds: 10 }]));
  for (const [attempt, delay] of [
    [1, 10_000],
    [2, 20_000],
  ] as const) {
    world.advance();
    expect(world.run.tasks[0]).toMatchObject({ status: "running", attempt });
    world.end("a", "failed");
    world.advance();
    expect(world.run.tasks[0]).toMatchObject({ status: "queued", notBefore: world.now + delay });
    world.now += delay - 1;
    world.advance();
    expect(world.status("a")).toBe("queued");
    world.now += 1;
  }
  world.advance();
  world.end("a", "failed");
  world.advance();
  expect(world.run).toMatchObject({ status: "failed", reason: "a: no luck" });
});

test("what is hopeless is not tried again, and what was lost only where it does no harm", () => {
  const spec = specOf([
    { name: "a", retries: 3 },
    { name: "b", run: { command: ["true"], idempotent: true } },
  ]);
  const world = new World(spec);
  world.advance();
  world.end("a", "failed", { hopeless: true });
  world.end("b", "lost");
  world.advance();
  expect([world.status("a"), world.status("b")]).toEqual(["failed", "queued"]);
  const careful = new World(specOf([{ name: "a", retries: 3 }]));
  careful.advance();
  careful.end("a", "lost");
  careful.advance();
  expect(careful.status("a")).toBe("failed");
});

test("an idempotent stage that kills its server again and again is given up", () => {
  const world = new World(specOf([{ name: "a", run: { command: ["true"], idempotent: true }, retryDelaySeconds: 0 }]));
  for (let round = 0; round < 50 && !isRunEnded(world.run.status); round += 1) {
    world.advance();
    if (world.running().length > 0) world.end("a", "lost");
  }
  expect(world.run).toMatchObject({ status: "failed", tasks: [{ attempt: 6 }] });
});

test("a budget of retries is for all tasks together", () => {
  const spec = specOf([{ name: "a", matrix: { n: [1, 2, 3] }, retryDelaySeconds: 0 }]);
  const world = new World(spec, start(spec, { retriesLeft: 2 }));
  for (let round = 0; round < 20 && !isRunEnded(world.run.status); round += 1) {
    world.advance();
    for (const task of world.running()) world.end(task, "failed");
  }
  expect(world.run.tasks.reduce((sum, { attempt }) => sum + attempt, 0)).toBe(5);
  expect(world.run).toMatchObject({ status: "failed", retriesLeft: 0 });
});

test("approval waits for people, counts each once, and neither for whoever started it", () => {
  const spec = specOf([{ name: "a", approval: { approvers: 2 } }]);
  const world = new World(spec);
  world.advance();
  expect(world.status("a")).toBe("awaiting_approval");
  const say = (actor: string, approved = true) => {
    world.run = judgeStage(spec, world.run, { actor, comment: "", now: 0, stage: undefined, approved }).run;
  };
  expect(() => say("ada")).toThrow("ada started the run; with four eyes somebody else approves it");
  say("bob");
  expect(() => say("bob")).toThrow("bob has spoken about a already");
  world.advance();
  expect(world.status("a")).toBe("awaiting_approval");
  say("eve");
  world.advance();
  expect(world.running()).toEqual(["a"]);
});

test.each([
  [
    "rejected",
    (world: World) => {
      world.run = judgeStage(world.spec, world.run, {
        actor: "ada",
        comment: "too risky",
        now: 0,
        stage: "a",
        approved: false,
      }).run;
    },
    "ada rejected it: too risky",
  ],
  [
    "not answered",
    (world: World) => {
      world.now = 5_000;
    },
    "nobody approved it within 5 s",
  ],
])("an approval that is %s fails its stage", (_name, happen, reason) => {
  const world = new World(specOf([{ name: "a", approval: { expiresAfterSeconds: 5 } }]));
  world.advance();
  happen(world);
  world.advance();
  expect(world.run).toMatchObject({ status: "failed", tasks: [{ status: "failed", reason }] });
});

test("a stage that takes too long is stopped, and given up when it does not stop", () => {
  const world = new World(specOf([{ name: "a", timeoutSeconds: 5 }]));
  world.advance();
  world.now = 5_000;
  expect(world.advance()).toEqual([{ type: "stop", task: "a", attempt: 1, cause: "timeout" }]);
  world.now = 5_000 + 10_000 + 60_000;
  world.advance();
  expect(world.run).toMatchObject({
    status: "failed",
    reason: "a: it ran longer than 5 s and did not end when it was told to",
  });
});

test("a run that takes too long fails, and what it runs is stopped", () => {
  const world = new World(specOf([{ name: "a" }, { name: "b", needs: ["a"] }], { timeoutSeconds: 60 }));
  world.advance();
  world.now = 60_000;
  expect(world.advance()).toMatchObject([{ type: "stop", cause: "run_timeout" }]);
  world.end("a", "failed");
  world.advance();
  expect(world.run).toMatchObject({ status: "failed", reason: "it took longer than 60 s" });
  expect(world.status("b")).toBe("cancelled");
});

test("a retry carries over what went well, and runs the rest anew", () => {
  const spec = specOf([{ name: "a" }, { name: "b", needs: ["a"] }]);
  const world = new World(spec);
  world.advance();
  world.end("a", "succeeded", { outputs: { x: "1" } });
  world.advance();
  world.end("b", "failed");
  world.advance();
  const again = new World(spec, retryRun(world.run, { id: "wfr_2", triggeredBy: "bob" }, 10));
  again.advance();
  expect(again.running()).toEqual(["b"]);
  expect(again.run.tasks[0]).toMatchObject({
    status: "succeeded",
    outputs: { x: "1" },
    carriedFrom: { run: "wfr_1", attempt: 1 },
  });
});

test("commands that find no place wait for one", () => {
  const world = new World(
    specOf([{ name: "a" }, { name: "b" }, { name: "v", run: undefined, verify: { checks: [{ url: "http://x" }] } }]),
  );
  world.places = 1;
  world.advance();
  expect(world.running()).toEqual(["a", "v"]);
  expect(world.status("b")).toBe("queued");
});

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
