import type pg from "pg";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { listenTo } from "../resolve/listener.ts";
import { createEventBell } from "./event.bell.ts";

/** A database that refuses whoever comes, and counts them. */
function refusing() {
  const connect = vi.fn(async () => {
    throw Object.assign(new Error("connect ECONNREFUSED 127.0.0.1:1"), { code: "ECONNREFUSED" });
  });
  const logger = { warn: vi.fn() };
  return { pool: { connect } as Pick<pg.Pool, "connect">, connect, logger };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const MINUTE_MS = 60_000;

test("while the database is away, streams that ask again and again make it be tried no more often, and say so once", async () => {
  const { pool, connect, logger } = refusing();
  const bell = createEventBell({ pool, logger });
  const over = new AbortController();
  let rounds = 0;
  const streams = Array.from({ length: 10 }, async () => {
    for (; !over.signal.aborted; rounds += 1) await bell.next(1_000, over.signal);
  });
  await vi.advanceTimersByTimeAsync(MINUTE_MS);
  // Twice a second, and each stream looks by itself once a second: nobody is rung up by an attempt that failed.
  expect(connect.mock.calls.length).toBeGreaterThan(100);
  expect(connect.mock.calls.length).toBeLessThanOrEqual(121);
  expect(rounds).toBeLessThanOrEqual(10 * 61);
  expect(logger.warn).toHaveBeenCalledTimes(1);
  over.abort();
  await Promise.all(streams);
  await bell.close();
});

test("a listener tries a database that is away twice a second, and says so once", async () => {
  const { pool, connect, logger } = refusing();
  const listener = listenTo({ pool, logger, channel: "news", said: () => undefined, connected: () => undefined });
  await vi.advanceTimersByTimeAsync(MINUTE_MS);
  expect(connect.mock.calls.length).toBeGreaterThan(100);
  expect(connect.mock.calls.length).toBeLessThanOrEqual(121);
  expect(logger.warn).toHaveBeenCalledTimes(1);
  await listener.close();
});
