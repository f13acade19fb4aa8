import { describe, expect, test } from "vitest";
import { afterEnd, afterObstacle, afterUnseenEnd, mayRun, RETRY_MS } from "./fates.ts";
import { type Instance, launched, launching, newInstance, stopping } from "./instance.ts";
import { DEFAULT_POLICY } from "./policy.ts";

const NOW = 1_000_000;
const judge = { clock: () => NOW, policy: DEFAULT_POLICY };
const waiting = newInstance("r1-a", 1, 0, NOW - 5_000);
const body = { pid: 7, startTime: "1", bootId: "b" };
const running = launched(launching(waiting), { body, host: "127.0.0.1", port: 8080 }, NOW - 4_000);
const asked = (outcome: "forget" | "relaunch"): Instance =>
  stopping(running, { outcome, why: "it is unhealthy", drainMs: 0, stopMs: 1_000 }, NOW - 1_000);
const silent = { how: "exited with status 1", endedWell: false, lastWords: async () => [] };

describe("a program that has ended", () => {
  test("is gone when it was to be forgotten, and comes back when it was to be started anew", async () => {
    expect((await afterEnd(asked("forget"), silent, undefined, judge)).life.kind).toBe("gone");
    expect(await afterEnd(asked("relaunch"), silent, undefined, judge)).toMatchObject({
      life: { kind: "waiting" },
      lastExit: "it is unhealthy",
    });
  });

  test("is told of with its last words, and that it never was ready", async () => {
    const lastWords = async (): Promise<string[]> => ["Error: GREETING is missing"];
    const after = await afterEnd(running, { ...silent, lastWords }, undefined, judge);
    expect(after.lastExit).toMatch(/^exited with status 1 before it was ready.*GREETING is missing/);
  });

  test("is given another port when its own was taken, and is not blamed for it", async () => {
    const lastWords = async (): Promise<string[]> => ["Error: listen EADDRINUSE: address already in use :::8080"];
    const after = await afterEnd(running, { ...silent, lastWords }, undefined, judge);
    expect(after).toMatchObject({ portRetries: 1, failures: 0 });
  });
});

test("one whose end nobody has seen is started anew, but for one that was to be forgotten", () => {
  expect(afterUnseenEnd(running, judge)).toMatchObject({ life: { kind: "waiting" }, process: null });
  expect(afterUnseenEnd(launching(waiting), judge).life).toEqual({ kind: "waiting", until: NOW });
  expect(afterUnseenEnd(asked("forget"), judge).life.kind).toBe("gone");
  expect([waiting, launching(waiting), running, asked("forget")].map(mayRun)).toEqual([false, true, true, true]);
});

test("what stands in the way of a start counts as a failure only where the program can be meant", () => {
  const reason = "no such command";
  const outside = afterObstacle(waiting, { ok: false, fault: "outside", reason }, judge);
  expect(outside).toMatchObject({ life: { kind: "waiting", until: NOW + RETRY_MS }, failures: 0, obstacle: reason });
  expect(afterObstacle(waiting, { ok: false, fault: "passing", reason }, judge).failures).toBe(1);
  expect(afterObstacle(waiting, { ok: false, fault: "lasting", reason }, judge).crashLoop).toBe(true);
});
