import { describe, expect, test } from "vitest";
import {
  backoffMs,
  exited,
  type Instance,
  launched,
  launching,
  newInstance,
  portWasTaken,
  probed,
} from "./instance.ts";
import { DEFAULT_POLICY as policy } from "./policy.ts";

const check = { path: "/", intervalSeconds: 1, timeoutSeconds: 1, retries: 2 };
const launch = { body: { pid: 4_711, startTime: "1", bootId: "b" }, host: "127.0.0.1", port: 20_000 };
const start = (instance: Instance, now: number): Instance => launched(launching(instance), launch, now);
const ok = (instance: Instance, now: number): Instance => probed(instance, { ok: true }, check, now, policy);
const bad = (instance: Instance, now: number): Instance =>
  probed(instance, { ok: false, reason: "answered 500" }, check, now, policy);
const fresh = newInstance("r1-a", 1, 0, 0);

describe("an instance", () => {
  test("becomes unready after as many failed probes in a row as allowed, and ready again after one success", () => {
    const ready = ok(start(fresh, 0), 10);
    expect(bad(ready, 20).life).toMatchObject({ ready: true });
    const unready = bad(bad(ready, 20), 30);
    expect(unready).toMatchObject({ lastProbe: "answered 500", life: { ready: false, readyAt: 10 } });
    expect(ok(unready, 40)).toMatchObject({ lastProbe: null, life: { ready: true, readyAt: 40, failedProbes: 0 } });
  });

  test("waits twice as long after each exit, up to the maximum", () => {
    expect([1, 2, 3, 7, 8, 50].map((failures) => backoffMs(failures, policy))).toEqual([
      250, 500, 1_000, 16_000, 30_000, 30_000,
    ]);
  });

  test("is in a crash loop after three exits without ever being ready, not before", () => {
    const twice = exited(start(exited(start(fresh, 0), "", 1, policy), 2), "", 3, policy);
    expect(twice.crashLoop).toBe(false);
    expect(exited(start(twice, 4), "", 5, policy).crashLoop).toBe(true);
  });

  test("is in a crash loop after five exits in a short time although it was ready each time", () => {
    const live = (instance: Instance, at: number): Instance =>
      exited(ok(start(instance, at), at + 1), "", at + 2, policy);
    const four = [0, 1_000, 2_000, 3_000].reduce(live, fresh);
    expect(four.crashLoop).toBe(false);
    expect(live(four, 4_000).crashLoop).toBe(true);
  });

  test("that exits every ten minutes is restarted quickly and never judged", () => {
    const tenMinutes = 600_000;
    let instance = fresh;
    for (let at = 0; at < 20 * tenMinutes; at += tenMinutes) {
      const seasoned = ok(ok(start(instance, at), at + 1), at + tenMinutes - 1);
      instance = exited(seasoned, "exited with status 0", at + tenMinutes, policy);
      expect(instance).toMatchObject({
        crashLoop: false,
        life: { kind: "waiting", until: at + tenMinutes + policy.backoffMinMs },
      });
    }
    expect(start(instance, 0).restarts).toBe(20);
  });

  test("leaves a crash loop when it has been ready long enough without a break", () => {
    const looping = { ...start(fresh, 0), crashLoop: true };
    const ready = ok(looping, 0);
    expect(ok(ready, policy.stableMs - 1).crashLoop).toBe(true);
    expect(ok(ready, policy.stableMs).crashLoop).toBe(false);
  });

  test("is launched again at once when its port was taken, and that is no failure of its own", () => {
    expect(portWasTaken(start(fresh, 0), 5)).toMatchObject({
      failures: 0,
      portRetries: 1,
      life: { kind: "waiting", until: 5 },
    });
  });
});
