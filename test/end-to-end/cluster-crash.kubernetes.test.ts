import type { Phase } from "@sluice/core";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { CRASH_POINTS, type CrashPoint } from "../../packages/server/src/engine/crash.ts";
import type { ServerProcess } from "../../packages/server/src/testing/server.process.ts";
import { sharedCluster } from "../kubernetes/shared.ts";
import { sharesOf } from "./cluster.splits.ts";
import { type ClusterSystem, clusterSystem, type StrategyParts, WITHIN_MS } from "./cluster.ts";
import { answerHooks, type Hooks } from "./hooks.ts";

/** The server is killed wherever a rollout of a cluster may be: the next one goes on as if nothing had happened. */

const running = new AsyncDisposableStack();
let system: ClusterSystem;
let server: ServerProcess;
let hooks: Hooks;

beforeAll(async () => {
  hooks = running.use(await answerHooks());
  system = running.use(await clusterSystem(sharedCluster()));
  const [first] = system.servers;
  if (first === undefined) throw new Error("no server");
  server = first;
}, 2 * WITHIN_MS);

afterAll(() => running.disposeAsync(), WITHIN_MS);

beforeEach(async () => {
  if (!server.alive) await server.start();
});

/** Begins a delivery with a server that dies at the point, and goes on with one that does not. Answers the rollout's id. */
async function killedAt(point: CrashPoint, passes: number, version: string, strategy: StrategyParts): Promise<string> {
  await system.rest();
  await server.kill();
  await server.start(`${point}:${passes}`);
  const id = await system.deliver(version, strategy);
  await server.died();
  await server.start();
  return id;
}

/** How a canary comes to a point. */
interface Way {
  /** How often it is passed before the server dies there: enough for its start to be over, and the rollout to go on. Default: 1. */
  passes?: number;
  /** What the canary does besides dealing weights. */
  steps?: () => object[];
  tests?: object;
  /** Default: `completed`. */
  ends?: Phase;
}

// A point without a way there is an error of types.
const WAYS: Record<CrashPoint, Way> = {
  "after-load": { passes: 4 },
  "after-observe": { passes: 8 },
  "before-persist": { passes: 4 },
  "inside-persist": { passes: 4 },
  "after-persist": { passes: 4 },
  "between-effects": {},
  "after-apply": { passes: 8 },
  "after-gateway-publish": { passes: 3 },
  "before-hook": { steps: () => [{ hook: { url: hooks.url } }] },
  "after-hook": { steps: () => [{ hook: { url: hooks.url } }] },
  "before-activity": { tests: { functional: [{ name: "answers", request: { path: "/" } }] } },
  "after-activity": { tests: { functional: [{ name: "answers", request: { path: "/" } }] } },
  "during-rollback": { ends: "rolled_back" },
  "before-completion": {},
};

// edge case 38
test.each(CRASH_POINTS)(
  "a canary whose server is killed at %s ends as it would have",
  { timeout: 2 * WITHIN_MS },
  async (point) => {
    const { passes = 1, steps = () => [], tests = null, ends = "completed" } = WAYS[point];
    const fails = ends === "rolled_back";
    const before = await system.stable();
    const version = await system.release(fails ? { STATUS: "503" } : {});
    const dealtSince = system.splits.since();
    const calledBefore = hooks.called.length;
    const id = await killedAt(point, passes, version, {
      type: "canary",
      steps: fails
        ? [{ setWeight: 50 }, { analyze: { seconds: 600 } }]
        : [{ setWeight: 30 }, ...steps(), { wait: { seconds: 1 } }],
      tests,
    });
    const { phase, toRevision } = await system.ended(id);
    expect(phase).toBe(ends);
    await expect.poll(system.dealt).toEqual([[fails ? before : toRevision, 10_000]]);
    // No step was left out, and none taken twice.
    expect(sharesOf(toRevision, dealtSince())).toEqual(fails ? [0, 5_000, 0] : [0, 3_000, 10_000]);
    const calls = hooks.called.slice(calledBefore);
    expect(calls.length).toBeGreaterThanOrEqual(steps().length);
    // A call that nobody remembers the answer of is made again, and says so.
    expect(new Set(calls).size).toBe(steps().length);
    await system.expectWell();
  },
);

// edge cases 21 and 38
test.each([
  ["after-apply", 8],
  ["after-gateway-publish", 2],
  ["after-gateway-publish", 3],
  ["before-completion", 1],
] as const)(
  "blue-green whose server is killed at %s, its pass %i, stays a preview until all callers are switched at once",
  { timeout: 2 * WITHIN_MS },
  async (point, passes) => {
    const before = await system.stable();
    const version = await system.release();
    const dealtSince = system.splits.since();
    const id = await killedAt(point, passes, version, { type: "blue-green", previewRoute: "/next" });
    const { phase, toRevision } = await system.ended(id);
    expect(phase).toBe("completed");
    await expect.poll(() => system.splits.all.at(-1)).toEqual({ weights: [[toRevision, 10_000]], asked: [] });
    const splits = dealtSince();
    expect(splits).toContainEqual({ weights: [[before, 10_000]], asked: [toRevision] });
    const shares = sharesOf(toRevision, splits);
    expect(shares).toEqual([...shares].sort((left, right) => left - right));
    expect(new Set(shares)).toEqual(new Set([0, 10_000]));
    await system.expectWell();
  },
);
