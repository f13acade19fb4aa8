import {
  type InstanceStatus,
  type LogLine,
  type ResourceUsage,
  type Runtime,
  SluiceError,
  type Workload,
  type WorkloadStatus,
} from "@sluice/core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { eventually } from "./eventually.ts";

/** What a runtime has to offer so that the suite can try it. */
export interface RuntimeHarness {
  /** A started runtime without instances. */
  readonly runtime: Runtime;
  /** A workload that runs one of the programs in `fixtures/`. */
  workload(fixture: string, changes?: Partial<Workload>): Workload;
  /** Ends the supervision and begins a new one over the same instances. */
  reopen(): Promise<void>;
  /** Ends the instance's program from outside, as a crash would. */
  killInstance(instance: InstanceStatus): Promise<void>;
  /** GET of a path at an instance. */
  get(instance: InstanceStatus, path: string): Promise<{ status: number; body: string }>;
  /** Removes everything; fails when something is left running. */
  dispose(): Promise<void>;
}

const DEPLOYMENT = "greeter";
const MEBIBYTE = 1024 * 1024;

/** The behaviour that every runtime owes to the engine. */
export function describeRuntime(name: string, makeHarness: () => Promise<RuntimeHarness>): void {
  describe(`the ${name} runtime`, () => {
    let harness: RuntimeHarness;
    beforeEach(async () => {
      harness = await makeHarness();
    });
    afterEach(() => harness.dispose());

    const observe = async (revision = 1): Promise<WorkloadStatus | undefined> => {
      const found = (await harness.runtime.observe(DEPLOYMENT)).find((status) => status.revision === revision);
      // What instances use is different at every look; the tests that ask for it look themselves.
      return found && { ...found, instances: found.instances.map(({ usage: _, ...instance }) => instance) };
    };
    const usage = async (): Promise<ResourceUsage[]> =>
      (await harness.runtime.observe(DEPLOYMENT)).flatMap(({ instances }) =>
        instances.flatMap((one) => one.usage ?? []),
      );
    const uses = (what: string, holds: (usage: ResourceUsage) => boolean): Promise<ResourceUsage> =>
      eventually(what, async () => (await usage()).find(holds), 40_000);
    const ready = async (revision = 1): Promise<InstanceStatus[]> =>
      (await observe(revision))?.instances.filter(({ state }) => state === "ready") ?? [];
    const available = (revision = 1): Promise<WorkloadStatus> =>
      eventually(`revision ${revision} is available`, async () => {
        const status = await observe(revision);
        const settled = status?.instances.length === status?.desired;
        return status?.verdict === "available" && settled ? status : undefined;
      });
    const failed = (): Promise<WorkloadStatus> =>
      eventually("revision 1 is judged failed", async () => {
        const status = await observe();
        return status?.verdict === "failed" ? status : undefined;
      });
    const absent = (revision = 1): Promise<true> =>
      eventually(`revision ${revision} is gone`, async () => (await observe(revision)) === undefined || undefined);
    const one = async (revision = 1): Promise<InstanceStatus> => {
      const [instance] = (await available(revision)).instances;
      if (instance === undefined) throw new Error("available without an instance");
      return instance;
    };

    test("starts what is applied and tells each instance its port and its names", async () => {
      await harness.runtime.apply(harness.workload("web", { replicas: 2 }));
      const { instances } = await available();
      expect(new Set(instances.map(({ address }) => address?.port)).size).toBe(2);
      for (const instance of instances) {
        const { status, body } = await harness.get(instance, "/");
        expect(status).toBe(200);
        expect(JSON.parse(body)).toMatchObject({
          SLUICE_INSTANCE: instance.id,
          SLUICE_REVISION: "1",
          SLUICE_DEPLOYMENT: DEPLOYMENT,
        });
      }
      expect(await harness.runtime.deployments()).toEqual([DEPLOYMENT]);
    });

    // edge case 47
    test("is not available in the instant after more was wanted", async () => {
      await harness.runtime.apply(harness.workload("web", { replicas: 1 }));
      expect((await observe())?.verdict).toBe("progressing");
      await available();
      await harness.runtime.apply(harness.workload("web", { replicas: 2, fence: 2 }));
      expect(await observe()).toMatchObject({ verdict: "progressing", desired: 2 });
      expect((await available()).instances).toHaveLength(2);
    });

    // edge case 16
    test("scales up without touching what runs, and scales down the newest first", async () => {
      await harness.runtime.apply(harness.workload("web", { replicas: 1 }));
      const first = await one();
      await harness.runtime.apply(harness.workload("web", { replicas: 3, fence: 2 }));
      const grown = (await available()).instances;
      expect(grown).toHaveLength(3);
      expect(grown.find(({ id }) => id === first.id)?.pid).toBe(first.pid);
      await harness.runtime.apply(harness.workload("web", { replicas: 1, fence: 3 }));
      expect((await available()).instances).toMatchObject([{ id: first.id, pid: first.pid, restarts: 0 }]);
    });

    test("changes nothing when the same is applied again", async () => {
      const workload = harness.workload("web", { replicas: 1 });
      await harness.runtime.apply(workload);
      const before = await one();
      await harness.runtime.apply(workload);
      expect((await observe())?.verdict).toBe("available");
      expect(await one()).toEqual(before);
    });

    test("runs two revisions side by side and removes one alone", async () => {
      await harness.runtime.apply(harness.workload("web"));
      await harness.runtime.apply(harness.workload("web", { revision: 2, fence: 2 }));
      await available(1);
      const second = await one(2);
      await harness.runtime.remove({ deployment: DEPLOYMENT, revision: 1, fence: 3 });
      await absent(1);
      expect(await one(2)).toEqual(second);
    });

    test("forgets a removed deployment, and removing the unknown is fine", async () => {
      await harness.runtime.remove({ deployment: DEPLOYMENT, revision: 9, fence: 1 });
      await harness.runtime.apply(harness.workload("web"));
      await available();
      await harness.runtime.remove({ deployment: DEPLOYMENT, revision: 1, fence: 2 });
      await absent();
      expect(await harness.runtime.deployments()).toEqual([]);
    });

    test("takes an instance out of the ready ones before it stops it", async () => {
      await harness.runtime.apply(harness.workload("web", { env: { IGNORE_TERM: "1" }, stopSeconds: 1 }));
      const instance = await one();
      await harness.runtime.remove({ deployment: DEPLOYMENT, revision: 1, fence: 2 });
      await eventually("the instance drains", async () => {
        const status = (await observe())?.instances[0];
        return status?.state === "draining" ? status : undefined;
      });
      expect((await harness.get(instance, "/")).status).toBe(200);
    });

    test("ends a program that ignores SIGTERM once its time is up", async () => {
      await harness.runtime.apply(harness.workload("web", { env: { IGNORE_TERM: "1" }, stopSeconds: 0.3 }));
      await available();
      await harness.runtime.remove({ deployment: DEPLOYMENT, revision: 1, fence: 2 });
      await absent();
    });

    // edge case 39
    test("refuses a stale fence and keeps what it had", async () => {
      await harness.runtime.apply(harness.workload("web", { fence: 5 }));
      const stale = harness.workload("web", { fence: 4, replicas: 3 });
      await expect(harness.runtime.apply(stale)).rejects.toMatchObject({ code: "aborted" });
      const target = { deployment: DEPLOYMENT, revision: 1, fence: 4 };
      await expect(harness.runtime.remove(target)).rejects.toMatchObject({ code: "aborted" });
      await expect(harness.runtime.restart(target)).rejects.toMatchObject({ code: "aborted" });
      expect((await available()).desired).toBe(1);
    });

    test("remembers the fence after everything was removed and supervision began anew", async () => {
      await harness.runtime.apply(harness.workload("web", { fence: 5 }));
      await harness.runtime.remove({ deployment: DEPLOYMENT, revision: 1, fence: 6 });
      await absent();
      await harness.reopen();
      await expect(harness.runtime.apply(harness.workload("web", { fence: 5 }))).rejects.toBeInstanceOf(SluiceError);
    });

    // edge case 38
    test("takes over running instances when supervision begins anew", async () => {
      await harness.runtime.apply(harness.workload("web", { replicas: 2 }));
      const before = (await available()).instances;
      await harness.reopen();
      expect((await available()).instances).toEqual(before);
      await harness.runtime.remove({ deployment: DEPLOYMENT, revision: 1, fence: 2 });
      await absent();
    });

    // edge case 17
    test("replaces an instance that was killed, and is not available meanwhile", async () => {
      await harness.runtime.apply(harness.workload("web", { replicas: 2 }));
      const [victim, other] = (await available()).instances;
      if (victim === undefined || other === undefined) throw new Error("two instances were wanted");
      await harness.killInstance(victim);
      await eventually("the loss is noticed", async () => (await observe())?.verdict === "progressing" || undefined);
      const after = (await available()).instances;
      expect(after.find(({ id }) => id === other.id)).toEqual(other);
      expect(after.find(({ pid }) => pid === victim.pid)).toBeUndefined();
    });

    test("replaces an adopted instance that was killed", async () => {
      await harness.runtime.apply(harness.workload("web"));
      const victim = await one();
      await harness.reopen();
      await harness.killInstance(victim);
      const fresh = await eventually("a fresh instance is ready", async () =>
        (await ready()).find(({ pid }) => pid !== victim.pid),
      );
      expect((await harness.get(fresh, "/")).status).toBe(200);
    });

    test("restarts one instance after the other, never below the wanted number of ready ones", async () => {
      await harness.runtime.apply(harness.workload("web", { replicas: 2 }));
      const before = new Set((await available()).instances.map(({ pid }) => pid));
      await harness.runtime.restart({ deployment: DEPLOYMENT, revision: 1, fence: 2 });
      const fewest: number[] = [];
      await eventually("every instance is a fresh one", async () => {
        const now = await ready();
        fewest.push(now.length);
        return (now.length === 2 && now.every(({ pid }) => !before.has(pid))) || undefined;
      });
      expect(Math.min(...fewest)).toBeGreaterThanOrEqual(2);
      const after = await available();
      await harness.runtime.restart({ deployment: DEPLOYMENT, revision: 1, fence: 2 });
      expect((await available()).instances).toEqual(after.instances);
    });

    test("judges a program that exits at once, with its last words but without its secrets", async () => {
      await harness.runtime.apply(harness.workload("exits", { env: { API_TOKEN: "hunter2hunter2" } }));
      const { reason, instances } = await failed();
      expect(reason).toContain("exited with status 1");
      expect(reason).toContain("the setting GREETING is missing");
      expect(reason).not.toContain("hunter2");
      expect(instances[0]?.state).toBe("crash_loop");
    });

    // edge cases 22, 37
    test("judges a program that never opens its port when the deadline is over", async () => {
      await harness.runtime.apply(harness.workload("silent", { progressDeadlineSeconds: 1, stopSeconds: 1 }));
      expect((await failed()).reason).toContain("nothing listens on");
      expect(await ready()).toEqual([]);
    });

    test("judges a program that answers garbage", async () => {
      await harness.runtime.apply(harness.workload("garbage", { progressDeadlineSeconds: 1 }));
      expect((await failed()).reason).toContain("not HTTP");
    });

    test("judges a program whose health path answers 500", async () => {
      const workload = harness.workload("web", { env: { STATUS: "500" }, progressDeadlineSeconds: 1 });
      await harness.runtime.apply(workload);
      expect((await failed()).reason).toContain("GET /healthz answered 500");
    });

    test("restarts a program that exits after it has served, without judging it", async () => {
      await harness.runtime.apply(harness.workload("web", { env: { LIVE_MS: "700" } }));
      await available();
      const again = await eventually("it was restarted and is ready", async () =>
        (await ready()).find(({ restarts }) => restarts >= 1),
      );
      expect(again.state).toBe("ready");
      expect((await observe())?.verdict).not.toBe("failed");
    });

    test("takes an instance that fails its probes out, then replaces it", async () => {
      await harness.runtime.apply(harness.workload("web"));
      const sick = await one();
      await harness.get(sick, "/break");
      await eventually("it is unready", async () => (await ready()).length === 0 || undefined);
      const fresh = await eventually("it was replaced", async () =>
        (await ready()).find(({ pid }) => pid !== sick.pid),
      );
      expect(fresh.state).toBe("ready");
    });

    test("follows the output across instances until told to stop", async () => {
      await harness.runtime.apply(harness.workload("web"));
      const instance = await one();
      const stop = new AbortController();
      const lines: LogLine[] = [];
      const following = (async () => {
        const query = { deployment: DEPLOYMENT, revision: 1, follow: true, signal: stop.signal };
        for await (const line of harness.runtime.logs(query)) lines.push(line);
      })();
      await eventually(
        "the first line",
        async () => lines.some(({ text }) => text.startsWith("listening")) || undefined,
      );
      await harness.get(instance, "/say");
      await eventually("the new line", async () => lines.some(({ text }) => text === "said something") || undefined);
      expect(lines.filter(({ text }) => text === "said something")).toEqual([
        { instance: instance.id, stream: "stdout", text: "said something" },
      ]);
      await harness.runtime.apply(harness.workload("web", { replicas: 2, fence: 2 }));
      await eventually(
        "the second instance speaks",
        async () => lines.some((line) => line.instance !== instance.id) || undefined,
      );
      stop.abort();
      await following;
    });

    test("keeps a program that prints a lot within bounds, and its last line readable", async () => {
      await harness.runtime.apply(harness.workload("flood", { env: { MEGABYTES: "40" } }));
      await available();
      const lines: string[] = [];
      for await (const { text } of harness.runtime.logs({ deployment: DEPLOYMENT, tail: 2 })) lines.push(text);
      expect(lines.at(-1)).toBe("the last line");
    });

    test("tells how much memory an instance uses, and sees it grow", async () => {
      await harness.runtime.apply(harness.workload("web"));
      const instance = await one();
      const before = await uses("the first measurement", () => true);
      expect(before.rssBytes).toBeGreaterThan(4 * MEBIBYTE);
      expect(before.rssBytes).toBeLessThan(400 * MEBIBYTE);
      await harness.get(instance, "/allocate");
      const after = await uses("the memory is seen", ({ rssBytes }) => rssBytes > before.rssBytes + 200 * MEBIBYTE);
      expect(after.at).toBeGreaterThan(before.at);
    });

    test("tells how much processor time an instance and its children use", async () => {
      await harness.runtime.apply(harness.workload("web"));
      const instance = await one();
      // On a busy machine a program that burns gets what others leave it.
      await uses("it is idle", ({ cpuCores }) => cpuCores < 0.02);
      await harness.get(instance, "/burn");
      const busy = await uses("the child's work is seen", ({ cpuCores }) => cpuCores >= 0.05);
      expect(busy.cpuCores).toBeLessThan(8);
    });

    test("goes on to tell what instances use that it has taken over", async () => {
      await harness.runtime.apply(harness.workload("web"));
      const instance = await one();
      await harness.get(instance, "/allocate");
      await harness.reopen();
      await uses("its memory is seen", ({ rssBytes }) => rssBytes > 200 * MEBIBYTE);
    });

    test("tells its listeners that something changed", async () => {
      const changed: string[] = [];
      const stop = harness.runtime.onChange((deployment) => changed.push(deployment));
      await harness.runtime.apply(harness.workload("web"));
      await available();
      expect(new Set(changed)).toEqual(new Set([DEPLOYMENT]));
      stop();
    });
  });
}
