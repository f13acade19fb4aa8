import { expect, test } from "vitest";
import type { Condition } from "./advance.types.ts";
import { judgeStage } from "./command.ts";
import { isRunEnded, retryRun } from "./run.ts";
import { specOf, start, World } from "./workflow.testing.ts";

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
