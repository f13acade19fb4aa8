import { describe, expect, test } from "vitest";
import { testWorkload } from "../process/process.harness.ts";
import { exited, type Instance, launched, launching, newInstance, probed } from "./instance.ts";
import { DEFAULT_POLICY as policy } from "./policy.ts";
import { withProgress, workloadStatus } from "./status.ts";
import { applied, type Wish } from "./wish.ts";

const workload = testWorkload("web", { replicas: 2, progressDeadlineSeconds: 10 });
const launch = { body: { pid: 4_711, startTime: "1", bootId: "b" }, host: "127.0.0.1", port: 20_000 };
const starting = (id: string): Instance => launched(launching(newInstance(id, 1, 0, 0)), launch, 0);
const ready = (id: string): Instance => probed(starting(id), { ok: true }, workload.healthCheck, 0, policy);
const wish = applied(undefined, workload, 0);

describe("the verdict", () => {
  test("is available only with every wanted instance ready", () => {
    expect(workloadStatus(wish, [ready("a"), starting("b")], 5).verdict).toBe("progressing");
    expect(workloadStatus(wish, [ready("a"), ready("b")], 5)).toMatchObject({ verdict: "available", reason: null });
  });

  // edge case 37
  test("fails when the deadline passes without progress, with the last probe", () => {
    const probe = { ok: false, reason: "GET / answered 500" } as const;
    const sick = probed(starting("b"), probe, workload.healthCheck, 1, policy);
    expect(workloadStatus(wish, [ready("a"), sick], 9_999).verdict).toBe("progressing");
    expect(workloadStatus(wish, [ready("a"), sick], 10_000)).toMatchObject({
      verdict: "failed",
      reason: "no progress within 10 s: GET / answered 500",
    });
  });

  test("names an exit beside the probe while the next try is not ready either", () => {
    const died = exited(starting("b"), "exited with status 3", 1, policy);
    const again = launched(launching(died), launch, 2);
    const probe = { ok: false, reason: "nothing listens" } as const;
    const sick = probed(again, probe, workload.healthCheck, 3, policy);
    expect(workloadStatus(wish, [ready("a"), sick], 5).reason).toBe(
      "nothing listens; before that: exited with status 3",
    );
  });

  test("fails on a crash loop before the deadline", () => {
    const loop = [1, 2, 3].reduce(
      (instance, at) => exited(instance, "exited with status 3", at, policy),
      starting("b"),
    );
    expect(workloadStatus(wish, [ready("a"), loop], 5)).toMatchObject({
      verdict: "failed",
      reason: "instance b keeps failing: exited with status 3",
    });
  });

  test("of a revision that wants nothing is available", () => {
    const none: Wish = applied(undefined, { ...workload, replicas: 0 }, 0);
    expect(workloadStatus(none, [], 99_999).verdict).toBe("available");
  });
});

describe("the progress deadline", () => {
  test("starts anew with every further instance that becomes ready, not with one that comes back", () => {
    const one = withProgress(wish, [ready("a")], 4_000);
    expect(one.waiting).toEqual({ since: 4_000, ready: 1 });
    const lost = withProgress(one, [starting("a")], 5_000);
    expect(withProgress(lost, [ready("a")], 6_000).waiting).toEqual({ since: 4_000, ready: 1 });
  });

  test("ends when available, and begins again when an instance is lost", () => {
    const done = withProgress(wish, [ready("a"), ready("b")], 4_000);
    expect(done.waiting).toBeNull();
    expect(withProgress(done, [ready("a")], 90_000).waiting).toEqual({ since: 90_000, ready: 1 });
  });
});
