import { afterAll, beforeAll, expect, test } from "vitest";
import { sharedCluster } from "../kubernetes/shared.ts";
import { sharesOf } from "./cluster.splits.ts";
import { type ClusterSystem, clusterSystem, WITHIN_MS } from "./cluster.ts";

/** Rollouts by the weights of Gateway API: a real API server, pods that run, a Gateway that is played, a Prometheus that counts. */

let system: ClusterSystem;

beforeAll(async () => {
  system = await clusterSystem(sharedCluster());
}, 2 * WITHIN_MS);

afterAll(() => system?.[Symbol.asyncDispose](), WITHIN_MS);

// edge cases 11 and 19
test("a canary goes from weight to weight, each of them in force, and no caller is left without an answer", async () => {
  const before = await system.stable();
  const version = await system.release();
  const dealtSince = system.splits.since();
  const id = await system.deliver(version, {
    type: "canary",
    steps: [{ setWeight: 25 }, { wait: { approval: true } }, { setWeight: 99.5 }, { wait: { approval: true } }],
  });
  for (const weight of [2_500, 9_950]) {
    await expect.poll(system.dealt, { timeout: WITHIN_MS }).toEqual([
      [before, 10_000 - weight],
      [before + 1, weight],
    ]);
    await system.answered(version);
    await expect
      .poll(() => system.call("POST", `/v1/rollouts/${id}/approve`, { comment: "" }).catch(() => null))
      .not.toBeNull();
  }
  expect(await system.ended(id)).toMatchObject({ phase: "completed" });
  await expect.poll(system.dealt).toEqual([[before + 1, 10_000]]);
  expect(sharesOf(before + 1, dealtSince())).toEqual([0, 2_500, 9_950, 10_000]);
  await system.expectWell();
});

// edge case 32
test("a failing canary is rolled back for what Prometheus counted of it, and of nobody else", async () => {
  const before = await system.stable();
  const version = await system.release({ STATUS: "503" });
  const id = await system.deliver(version, {
    type: "canary",
    steps: [{ setWeight: 50 }, { analyze: { seconds: 600 } }],
  });
  expect(await system.ended(id)).toMatchObject({
    phase: "rolled_back",
    reason: expect.stringMatching(
      /error rate: \d+ of \d+ requests failed on revision \d+ against 0 of \d+ on revision \d+/,
    ),
  });
  await expect.poll(system.dealt).toEqual([[before, 10_000]]);
  await system.expectWell();
});

test("a good canary passes an analyze step by what Prometheus counts", async () => {
  const version = await system.release();
  const id = await system.deliver(version, {
    type: "canary",
    steps: [{ setWeight: 50 }, { analyze: { seconds: 5 } }, { setWeight: 100 }],
    analysis: { minimumSamples: 50, metrics: [{ name: "error_rate" }] },
  });
  expect(await system.ended(id)).toMatchObject({ phase: "completed" });
  await system.answered(version);
});

// edge case 21
test("blue-green shows the candidate to those who ask, and switches all at once", async () => {
  const before = await system.stable();
  const version = await system.release();
  const dealtSince = system.splits.since();
  const id = await system.deliver(version, { type: "blue-green", previewRoute: "/next" });
  expect(await system.ended(id)).toMatchObject({ phase: "completed" });
  await expect.poll(system.dealt).toEqual([[before + 1, 10_000]]);
  await expect.poll(() => system.splits.all.at(-1)?.asked).toEqual([]);
  // Asked for first, then for everybody; what those who do not ask are dealt is changed once.
  expect(dealtSince()).toContainEqual({ weights: [[before, 10_000]], asked: [before + 1] });
  expect(new Set(sharesOf(before + 1, dealtSince()))).toEqual(new Set([0, 10_000]));
  await system.expectWell();
});
