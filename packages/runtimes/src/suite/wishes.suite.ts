import { expect, test } from "vitest";
import { eventually } from "./eventually.ts";
import { DEPLOYMENT, type Subject } from "./subject.ts";

/** What is wanted is what comes to run: as many as wanted, side by side, and gone again. */
export function describeWishes(subject: Subject): void {
  test("starts what is applied and tells each instance its port and its names", async () => {
    await subject.runtime.apply(subject.workload("web", { replicas: 2 }));
    const { instances } = await subject.available();
    expect(new Set(instances.map(({ address }) => `${address?.host}:${address?.port}`)).size).toBe(2);
    for (const instance of instances) {
      const { status, body } = await subject.harness.get(instance, "/");
      expect(status).toBe(200);
      expect(JSON.parse(body)).toMatchObject({
        SLUICE_INSTANCE: instance.id,
        SLUICE_REVISION: "1",
        SLUICE_DEPLOYMENT: DEPLOYMENT,
      });
    }
    expect(await subject.runtime.deployments()).toEqual([DEPLOYMENT]);
  });

  // edge case 47
  test("is not available in the instant after more was wanted", async () => {
    await subject.runtime.apply(subject.workload("web", { replicas: 1 }));
    expect((await subject.observe())?.verdict).toBe("progressing");
    await subject.available();
    await subject.runtime.apply(subject.workload("web", { replicas: 2, fence: 2 }));
    expect(await subject.observe()).toMatchObject({ verdict: "progressing", desired: 2 });
    expect((await subject.available()).instances).toHaveLength(2);
  });

  // edge case 16
  test("scales up without touching what runs, and scales down the newest first", async () => {
    await subject.runtime.apply(subject.workload("web", { replicas: 1 }));
    const first = await subject.one();
    await subject.runtime.apply(subject.workload("web", { replicas: 3, fence: 2 }));
    const grown = (await subject.available()).instances;
    expect(grown).toHaveLength(3);
    expect(grown.find(({ id }) => id === first.id)).toEqual(first);
    await subject.runtime.apply(subject.workload("web", { replicas: 1, fence: 3 }));
    const left = await subject.one();
    expect(left).toEqual(subject.harness.keepsOldest === false ? grown.find(({ id }) => id === left.id) : first);
  });

  test("changes nothing when the same is applied again", async () => {
    const workload = subject.workload("web", { replicas: 1 });
    await subject.runtime.apply(workload);
    const before = await subject.one();
    await subject.runtime.apply(workload);
    expect((await subject.observe())?.verdict).toBe("available");
    expect(await subject.one()).toEqual(before);
  });

  test("runs two revisions side by side and removes one alone", async () => {
    await subject.runtime.apply(subject.workload("web"));
    await subject.runtime.apply(subject.workload("web", { revision: 2, fence: 2 }));
    await subject.available(1);
    const second = await subject.one(2);
    await subject.runtime.remove({ deployment: DEPLOYMENT, revision: 1, fence: 3 });
    await subject.absent(1);
    expect(await subject.one(2)).toEqual(second);
  });

  test("forgets a removed deployment, and removing the unknown is fine", async () => {
    await subject.runtime.remove({ deployment: DEPLOYMENT, revision: 9, fence: 1 });
    await subject.runtime.apply(subject.workload("web"));
    await subject.available();
    await subject.runtime.remove({ deployment: DEPLOYMENT, revision: 1, fence: 2 });
    await subject.absent();
    expect(await subject.runtime.deployments()).toEqual([]);
  });

  test("takes an instance out of the ready ones before it stops it", async () => {
    await subject.runtime.apply(subject.workload("web", { env: { IGNORE_TERM: "1" }, stopSeconds: 1 }));
    const instance = await subject.one();
    await subject.runtime.remove({ deployment: DEPLOYMENT, revision: 1, fence: 2 });
    await eventually("the instance drains", async () => {
      const status = (await subject.observe())?.instances[0];
      return status?.state === "draining" ? status : undefined;
    });
    expect((await subject.harness.get(instance, "/")).status).toBe(200);
  });

  test("ends a program that ignores SIGTERM once its time is up", async () => {
    await subject.runtime.apply(subject.workload("web", { env: { IGNORE_TERM: "1" }, stopSeconds: 0.3 }));
    await subject.available();
    await subject.runtime.remove({ deployment: DEPLOYMENT, revision: 1, fence: 2 });
    await subject.absent();
  });

  test("tells its listeners that something changed", async () => {
    const changed: string[] = [];
    const stop = subject.runtime.onChange((deployment) => changed.push(deployment));
    await subject.runtime.apply(subject.workload("web"));
    await subject.available();
    expect(new Set(changed)).toEqual(new Set([DEPLOYMENT]));
    stop();
  });
}
