import { expect, test, vi } from "vitest";
import type { Phase, Rollout } from "./types.ts";
import { waitForRollout } from "./wait.ts";

/** Only what waiting looks at. */
const look = (...phases: Phase[]) => {
  let next = 0;
  return vi.fn(async () => {
    const phase = phases[Math.min(next++, phases.length - 1)];
    return { id: "rol_1", phase } as Rollout;
  });
};

test("resolves with the first terminal phase, after showing every look", async () => {
  const seen: Phase[] = [];
  const rollout = await waitForRollout(look("shifting", "rolling_back", "rolled_back"), {
    intervalMs: 0,
    onUpdate: ({ phase }) => seen.push(phase),
  });
  expect(rollout.phase).toBe("rolled_back");
  expect(seen).toEqual(["shifting", "rolling_back", "rolled_back"]);
});

test("gives up when the time is over, with the rollout as it was last", async () => {
  const waiting = waitForRollout(look("awaiting_approval"), { intervalMs: 0, timeoutMs: 0 });
  await expect(waiting).rejects.toMatchObject({
    name: "WaitTimeoutError",
    rollout: { phase: "awaiting_approval" },
  });
});

test("stops with the signal's reason", async () => {
  const stop = new AbortController();
  const waiting = waitForRollout(look("shifting"), {
    intervalMs: 60_000,
    signal: stop.signal,
    onUpdate: () => stop.abort(new Error("enough")),
  });
  await expect(waiting).rejects.toThrow("enough");
});
