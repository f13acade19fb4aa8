import { describe, expect, test, vi } from "vitest";
import { ApiError, UnreachableError } from "./api-error.ts";
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

test("gives a look up that is never answered", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  try {
    const told: AbortSignal[] = [];
    const waiting = waitForRollout(
      (signal) => {
        told.push(signal);
        return told.length === 1 ? look("shifting")() : new Promise(() => undefined);
      },
      { intervalMs: 500, timeoutMs: 40_000 },
    );
    const given = expect(waiting).rejects.toThrow("rollout rol_1 is still shifting after 40 s");
    await vi.advanceTimersByTimeAsync(39_999);
    expect(told.map((signal) => signal.aborted)).toEqual([false, false]);
    await vi.advanceTimersByTimeAsync(1);
    await given;
    expect(told[1]?.aborted).toBe(true);
  } finally {
    vi.useRealTimers();
  }
});

test("stops with the signal's reason also while a look is not answered", async () => {
  const stop = new AbortController();
  const waiting = waitForRollout(() => new Promise(() => undefined), { signal: stop.signal });
  stop.abort(new Error("enough"));
  await expect(waiting).rejects.toThrow("enough");
});

describe("a server without an answer", () => {
  const unavailable = new ApiError({ type: "about:blank", title: "", status: 503, detail: "no database" });
  const unreachable = new UnreachableError("http://127.0.0.1:1", new Error("refused"));
  const found = { id: "rol_1", phase: "shifting" } as Rollout;
  const ended = { id: "rol_1", phase: "completed" } as Rollout;

  test("is asked again, and each silence is told once", async () => {
    const answers = [found, unreachable, unavailable, found, unavailable, ended];
    const told: string[] = [];
    const rollout = await waitForRollout(
      async () => {
        const answer = answers.shift() ?? ended;
        if (answer instanceof Error) throw answer;
        return answer;
      },
      { intervalMs: 0, onSilence: (error) => told.push(error.message) },
    );
    expect(rollout).toBe(ended);
    expect(told).toEqual([unreachable.message, unavailable.message]);
  });

  test.each([
    ["at the very first look", [unreachable], 60_000],
    ["for longer than there is patience", [found, unreachable], -1],
    ["because what it was asked is wrong", [found, new ApiError({ ...unavailable.problem, status: 404 })], 60_000],
  ])("%s is a failure", async (_, answers, patienceMs) => {
    const script = [...answers];
    const look = async () => {
      const answer = script.shift() ?? ended;
      if (answer instanceof Error) throw answer;
      return answer;
    };
    await expect(waitForRollout(look, { intervalMs: 0, patienceMs })).rejects.toBe(answers.at(-1));
  });
});
