import { describe, expect, test } from "vitest";
import type { FreezeWindow } from "./environment.schema.ts";
import { frozenUntil } from "./freeze.ts";

const weekend: FreezeWindow = { schedule: "0 17 * * 5", durationMinutes: 3_780, timezone: "UTC" };
const at = (iso: string): number => Date.parse(iso);

describe("freeze windows", () => {
  test("a moment inside the window is frozen until its end", () => {
    expect(frozenUntil([weekend], at("2026-11-21T12:00:00Z"))).toBe(at("2026-11-23T08:00:00Z"));
  });

  test("the first moment is inside and the last is not", () => {
    expect(frozenUntil([weekend], at("2026-11-20T17:00:00Z"))).toBe(at("2026-11-23T08:00:00Z"));
    expect(frozenUntil([weekend], at("2026-11-23T08:00:00Z"))).toBeNull();
  });

  test("outside every window nothing is frozen", () => {
    expect(frozenUntil([weekend], at("2026-11-18T12:00:00Z"))).toBeNull();
    expect(frozenUntil([], at("2026-11-21T12:00:00Z"))).toBeNull();
  });

  test("windows that touch are one freeze", () => {
    const monday: FreezeWindow = { schedule: "0 8 * * 1", durationMinutes: 60, timezone: "UTC" };
    expect(frozenUntil([weekend, monday], at("2026-11-21T12:00:00Z"))).toBe(at("2026-11-23T09:00:00Z"));
  });

  test("windows that overlap are one freeze, until the last of them closes", () => {
    const hourly: FreezeWindow = { schedule: "0 9-11 * * *", durationMinutes: 90, timezone: "UTC" };
    expect(frozenUntil([hourly], at("2026-11-18T10:10:00Z"))).toBe(at("2026-11-18T12:30:00Z"));
    expect(frozenUntil([hourly], at("2026-11-18T12:30:00Z"))).toBeNull();
  });

  test("a schedule without a gap has an answer too: frozen at least for a while", () => {
    const always: FreezeWindow = { schedule: "* * * * *", durationMinutes: 60, timezone: "UTC" };
    const now = at("2026-11-18T12:00:30.500Z");
    expect(frozenUntil([always], now)).toBeGreaterThan(now + 60 * 60_000);
    const minute: FreezeWindow = { ...always, durationMinutes: 1 };
    expect(frozenUntil([minute], now)).toBeGreaterThan(now);
  });

  test("a moment that is not a whole second is inside from the very opening on", () => {
    expect(frozenUntil([weekend], at("2026-11-20T17:00:00.400Z"))).toBe(at("2026-11-23T08:00:00Z"));
    expect(frozenUntil([weekend], at("2026-11-20T16:59:59.900Z"))).toBeNull();
  });

  test("a schedule is read in its own time zone", () => {
    const berlin: FreezeWindow = { schedule: "0 17 * * 5", durationMinutes: 60, timezone: "Europe/Berlin" };
    expect(frozenUntil([berlin], at("2026-11-20T16:30:00Z"))).toBe(at("2026-11-20T17:00:00Z"));
    expect(frozenUntil([berlin], at("2026-11-20T17:30:00Z"))).toBeNull();
  });
});
