import { afterAll, beforeAll, expect, test } from "vitest";
import type { ServerProcess } from "../../packages/server/src/testing/server.process.ts";
import { sharedCluster } from "../kubernetes/shared.ts";
import { sharesOf } from "./cluster.splits.ts";
import { type ClusterSystem, clusterSystem, WITHIN_MS } from "./cluster.ts";
import { answerHooks, type Hooks } from "./hooks.ts";

/** Sluice itself is upgraded while a canary of a cluster goes on: two servers on one database, replaced one after the other. */

interface Items<Item> {
  items: Item[];
}

const running = new AsyncDisposableStack();
let system: ClusterSystem;
let hooks: Hooks;

beforeAll(async () => {
  hooks = running.use(await answerHooks());
  system = running.use(await clusterSystem(sharedCluster(), 2));
}, 2 * WITHIN_MS);

afterAll(() => running.disposeAsync(), WITHIN_MS);

const approval = { wait: { approval: true } };

// edge cases 38 and 40
test("a canary goes on while its servers are replaced, and weights only grow", { timeout: 3 * WITHIN_MS }, async () => {
  const [first, second] = system.servers;
  if (first === undefined || second === undefined) throw new Error("no servers");
  await second.start();
  const alive = async () => (await second.call<Items<{ alive: boolean }>>("GET", "/v1/servers")).items;
  await expect.poll(async () => (await alive()).filter((one) => one.alive).length).toBe(2);

  const before = await system.stable();
  const version = await system.release();
  const dealtSince = system.splits.since();
  const id = await system.deliver(version, {
    type: "canary",
    steps: [
      ...[{ setWeight: 10 }, { hook: { url: hooks.url } }, approval],
      ...[{ setWeight: 30 }, { hook: { url: hooks.url } }, approval],
      ...[{ setWeight: 60 }, approval],
    ],
  });
  const deals = async (weight: number): Promise<void> => {
    await expect.poll(system.dealt, { timeout: WITHIN_MS }).toContainEqual([before + 1, weight]);
    await system.answered(version);
  };
  const approve = async (at: ServerProcess): Promise<void> => {
    const ask = () => at.call("POST", `/v1/rollouts/${id}/approve`, { comment: "" }).catch(() => null);
    await expect.poll(ask, { timeout: WITHIN_MS }).not.toBeNull();
  };

  await deals(1_000);
  await expect.poll(() => hooks.called.length, { timeout: WITHIN_MS }).toBe(1);
  // The first is asked to go, and comes back as the new version. What it leaves, the second goes on with.
  const gone = first.stop();
  await approve(second);
  await gone;
  await deals(3_000);
  await first.start();

  // The second is not asked: it dies while the next weight is under way.
  await expect.poll(() => hooks.called.length, { timeout: WITHIN_MS }).toBe(2);
  await approve(second);
  await second.kill();
  await deals(6_000);
  await second.start();
  await approve(second);

  expect(await system.ended(id)).toMatchObject({ phase: "completed" });
  await expect.poll(system.dealt).toEqual([[before + 1, 10_000]]);
  expect(sharesOf(before + 1, dealtSince())).toEqual([0, 1_000, 3_000, 6_000, 10_000]);
  expect(hooks.called).toHaveLength(2);
  expect(new Set(hooks.called).size).toBe(2);
  for (const one of [first, second])
    expect(await one.call("GET", `/v1/rollouts/${id}`)).toMatchObject({ phase: "completed", reason: null });
  const { items } = await second.call<Items<{ rollout: string | null; message: string; data: object }>>(
    "GET",
    "/v1/events?limit=200",
  );
  const told = items
    .filter(({ rollout }) => rollout === id)
    .map(({ message, data }) => JSON.stringify({ message, data }));
  expect(told.length).toBeGreaterThan(5);
  expect(new Set(told).size).toBe(told.length);
  await system.expectWell();
});
