import { isFinished, ok } from "@sluice/client";
import { expect, test } from "vitest";
import { eventually } from "./eventually.ts";
import { startSystem } from "./system.ts";

test("the demo goes through a good version and turns a bad one back, on callers of its own, and leaves nothing", async () => {
  await using system = await startSystem();
  const { client } = system;
  const { demo } = await ok(client.http.POST("/v1/demo"));
  const [first, good, bad] = demo?.rollouts ?? [];
  if (first === undefined || good === undefined || bad === undefined) throw new Error(JSON.stringify(demo));
  expect(demo?.rollout).toBe(good.id);

  expect(await client.waitForRollout(first.id, { timeoutMs: 60_000 })).toMatchObject({ phase: "completed" });
  const promoted = await client.waitForRollout(good.id, { timeoutMs: 240_000 });
  expect(promoted, promoted.explanation).toMatchObject({ phase: "completed", toVersion: "1.1.0" });
  expect(promoted.analysis?.metrics[0]?.samples.candidate).toBeGreaterThan(0);
  const returned = await client.waitForRollout(bad.id, { timeoutMs: 240_000 });
  expect(returned, returned.explanation).toMatchObject({ phase: "rolled_back", trigger: "performance_degradation" });
  expect(isFinished(returned)).toBe(true);

  await ok(client.http.DELETE("/v1/demo"));
  await eventually("the demo is gone", async () => {
    const left = await ok(client.http.GET("/v1/demo"));
    return left.demo === null ? true : undefined;
  });
  expect((await ok(client.http.GET("/v1/deployments"))).items).toEqual([]);
}, 600_000);
