import fc from "fast-check";
import { expect, test } from "vitest";
import type { Release, ReleaseState } from "./helm.ts";
import { type Act, nextAct, type Wish } from "./release.plan.ts";

const NOW = Date.parse("2026-11-21T12:00:00Z");
const WISH: Wish = { digest: "abc", replicas: 2 };
const release = (state: ReleaseState, { version = 1, age = 0, digest = "abc" } = {}): Release => ({
  version,
  state,
  since: new Date(NOW - age),
  labels: { "sluice.dev/digest": digest },
});
const act = (found: Release | null, replicas: number | null = 2, isWhole = true): Act["type"] =>
  nextAct(WISH, { release: found, objects: { replicas, isWhole }, now: NOW, patienceMs: 60_000 }).type;

test("what is not there is installed, and what is as wanted is left alone", () => {
  expect(act(null)).toBe("install");
  expect(act(release("deployed"))).toBe("done");
});

test("other values are an upgrade; another number of instances alone keeps the values", () => {
  expect(act(release("deployed", { digest: "other" }))).toBe("upgrade");
  expect(act(release("deployed"), 1)).toBe("adjust");
  expect(act(release("deployed", { digest: "other" }), 1)).toBe("upgrade");
});

test("what somebody took away is made again, with the values that are there", () => {
  expect(act(release("deployed"), 2, false)).toBe("adjust");
  expect(act(release("deployed"), null, false)).toBe("adjust");
});

test("a number of instances that is another's to say is left alone", () => {
  expect(act(release("deployed"), null)).toBe("done");
});

test("whoever is at it is waited for, until it must be dead; then it is taken back as it was begun", () => {
  expect(act(release("pending-install", { age: 59_000 }))).toBe("wait");
  expect(act(release("pending-install", { age: 61_000 }))).toBe("uninstall");
  expect(act(release("pending-upgrade", { version: 2, age: 59_000 }))).toBe("wait");
  expect(act(release("pending-upgrade", { version: 2, age: 61_000 }))).toBe("rollback");
  expect(act(release("pending-rollback", { version: 3, age: 61_000 }))).toBe("rollback");
});

test("what failed begins anew: an upgrade with what was there before, an install with nothing", () => {
  expect(act(release("failed"))).toBe("uninstall");
  expect(act(release("failed", { version: 4 }))).toBe("rollback");
  expect(act(release("uninstalling", { version: 4 }))).toBe("uninstall");
});

test("whatever helm has of a release, a few acts lead to what is wanted", () => {
  const states = [
    "deployed",
    "failed",
    "pending-install",
    "pending-upgrade",
    "pending-rollback",
    "superseded",
  ] as const;
  const start = fc.option(
    fc.record({
      state: fc.constantFrom(...states, "uninstalling" as const, "uninstalled" as const, "unknown" as const),
      version: fc.integer({ min: 1, max: 9 }),
      age: fc.integer({ min: 0, max: 120_000 }),
      digest: fc.constantFrom("abc", "other"),
    }),
    { nil: null },
  );
  fc.assert(
    fc.property(start, fc.integer({ min: 1, max: 5 }), (first, replicas) => {
      let found = first === null ? null : release(first.state, first);
      let count = replicas;
      let now = NOW;
      for (let step = 0; step < 5; step += 1) {
        const next = nextAct(WISH, {
          release: found,
          objects: { replicas: count, isWhole: true },
          now,
          patienceMs: 60_000,
        });
        if (next.type === "done") break;
        if (next.type === "wait") now += 60_001;
        else if (next.type === "uninstall") found = null;
        else if (next.type === "rollback") found = release("deployed", { version: 9, digest: "other" });
        else {
          found = release("deployed", { version: 9 });
          count = WISH.replicas;
        }
      }
      expect(
        nextAct(WISH, { release: found, objects: { replicas: count, isWhole: true }, now, patienceMs: 60_000 }),
      ).toEqual({ type: "done" });
    }),
  );
});
