import type { Instant } from "@sluice/core";
import { describe, expect, test } from "vitest";
import { testWorkload } from "../process/process.harness.ts";
import { exited, type Instance, launched, launching, newInstance, probed, signalled, stopping } from "./instance.ts";
import { plan } from "./plan.ts";
import { DEFAULT_POLICY as policy } from "./policy.ts";
import { applied, removed, restarted, type Wish } from "./wish.ts";

const NOW: Instant = 1_000_000;
const launch = { body: { pid: 4_711, startTime: "1", bootId: "b" }, host: "127.0.0.1", port: 20_000 };
const wish = (replicas: number, changes: Partial<Wish> = {}): Wish => ({
  ...applied(undefined, testWorkload("web", { replicas }), NOW),
  ...changes,
});
const running = (id: string, { ready = true, generation = 0, createdAt = NOW } = {}): Instance => {
  const started = launched(launching(newInstance(id, 1, generation, createdAt)), launch, createdAt);
  const { healthCheck } = testWorkload("web");
  return ready ? probed(started, { ok: true }, healthCheck, createdAt, policy) : started;
};
const act = (wishes: Wish[], instances: Instance[], now = NOW) => plan(wishes, instances, now, policy);
const stops = (wishes: Wish[], instances: Instance[], now = NOW) =>
  act(wishes, instances, now).actions.flatMap((action) => (action.type === "stop" ? [action.id] : []));
const creates = (wishes: Wish[], instances: Instance[]) =>
  act(wishes, instances).actions.filter(({ type }) => type === "create").length;

describe("scaling", () => {
  test("creates everything that is missing at once", () => {
    expect(act([wish(2)], []).actions).toEqual([
      { type: "create", revision: 1, generation: 0 },
      { type: "create", revision: 1, generation: 0 },
    ]);
  });

  test("has nothing to do when as many run as are wanted", () => {
    expect(act([wish(2)], [running("a"), running("b")]).actions).toEqual([]);
  });

  test("takes an unready instance before a ready one that is newer", () => {
    const old = running("old-unready", { ready: false, createdAt: NOW - 2 });
    expect(stops([wish(1)], [old, running("new", { createdAt: NOW })])).toEqual(["old-unready"]);
  });

  test("takes the newest of equally ready ones", () => {
    expect(stops([wish(1)], [running("old", { createdAt: NOW - 5 }), running("new")])).toEqual(["new"]);
  });

  test("replaces what is on its way out without waiting for its end", () => {
    const leaving = stopping(running("a"), { outcome: "forget", why: "", drainMs: 0, stopMs: 1_000 }, NOW);
    expect(creates([wish(1)], [leaving])).toBe(1);
  });

  test("does not create another beside one that waits for its next launch", () => {
    const waiting = exited(running("a"), "exited with status 1", NOW, policy);
    expect(act([wish(1)], [waiting])).toEqual({ actions: [], wakeAt: NOW + policy.backoffMinMs });
  });
});

describe("stopping", () => {
  const target = removed(wish(1));

  test("drains a ready instance, but not one that takes no traffic", () => {
    const drains = [running("a"), running("b", { ready: false })].map(
      (instance) => act([target], [instance]).actions[0],
    );
    expect(drains).toMatchObject([{ drainMs: policy.drainMs }, { drainMs: 0 }]);
  });

  test("sends SIGTERM after the drain, SIGKILL after the deadline, each once", () => {
    const draining = stopping(running("a"), { outcome: "forget", why: "", drainMs: 100, stopMs: 1_000 }, NOW);
    expect(act([target], [draining]).actions).toEqual([]);
    expect(act([target], [draining], NOW + 100).actions).toEqual([{ type: "terminate", id: "a" }]);
    const asked = signalled(draining, "term");
    expect(act([target], [asked], NOW + 1_099).actions).toEqual([]);
    expect(act([target], [asked], NOW + 1_100).actions).toEqual([{ type: "kill", id: "a" }]);
    expect(act([target], [signalled(asked, "kill")], NOW + 9_999).actions).toEqual([]);
  });

  test("forgets the revision only when none of its instances is left", () => {
    expect(act([target], [running("a")]).actions).not.toContainEqual({ type: "forgetRevision", revision: 1 });
    expect(act([target], []).actions).toEqual([{ type: "forgetRevision", revision: 1 }]);
  });

  test("does not relaunch an instance that is no longer wanted", () => {
    const ailing = stopping(running("a"), { outcome: "relaunch", why: "sick", drainMs: 0, stopMs: 1_000 }, NOW);
    expect(act([target], [ailing]).actions).toMatchObject([{ type: "stop", id: "a", outcome: "forget" }]);
  });
});

describe("health", () => {
  const { healthCheck } = testWorkload("web");
  const failing = (times: number): Instance =>
    Array.from({ length: times }).reduce<Instance>(
      (instance) => probed(instance, { ok: false, reason: "answered 500" }, healthCheck, NOW, policy),
      running("a"),
    );

  test("replaces an instance after three times as many failures as make it unready", () => {
    expect(stops([wish(1)], [failing(healthCheck.retries * 3 - 1)])).toEqual([]);
    expect(act([wish(1)], [failing(healthCheck.retries * 3)]).actions).toMatchObject([
      { type: "stop", outcome: "relaunch", why: "failed 6 probes in a row: answered 500" },
    ]);
  });

  // edge case 37
  test("gives up a start that took longer than the progress deadline, and wakes for it", () => {
    const slow = running("a", { ready: false });
    const deadline = NOW + 20_000;
    expect(act([wish(1)], [slow])).toEqual({ actions: [], wakeAt: deadline });
    expect(act([wish(1)], [slow], deadline).actions).toMatchObject([{ type: "stop", outcome: "relaunch" }]);
  });
});

describe("restarting", () => {
  const target = (replicas: number) => restarted(wish(replicas), 7, NOW);
  const fresh = (id: string, ready = true) => running(id, { generation: 1, ready });

  test("begins with one fresh instance beside the old ones", () => {
    expect(act([target(2)], [running("a"), running("b")]).actions).toEqual([
      { type: "create", revision: 1, generation: 1 },
    ]);
  });

  test("waits until the fresh one is ready before an old one goes", () => {
    expect(act([target(2)], [running("a"), running("b"), fresh("c", false)]).actions).toEqual([]);
    expect(stops([target(2)], [running("a"), running("b"), fresh("c")])).toHaveLength(1);
  });

  test("continues one at a time and ends with the wanted number of fresh ones", () => {
    expect(creates([target(2)], [running("b"), fresh("c")])).toBe(1);
    expect(stops([target(2)], [running("b"), fresh("c"), fresh("d")])).toEqual(["b"]);
    expect(act([target(2)], [fresh("c"), fresh("d")]).actions).toEqual([]);
  });

  test("never stops more than it may when many are wanted", () => {
    const old = ["a", "b", "c", "d"].map((id) => running(id));
    expect(stops([target(4)], [...old, fresh("e")])).toHaveLength(1);
  });

  test("removes everything when the revision is removed in the middle", () => {
    expect(stops([removed(target(1))], [running("a"), fresh("b")])).toEqual(["a", "b"]);
  });
});
