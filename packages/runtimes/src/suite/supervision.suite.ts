import { SluiceError } from "@sluice/core";
import { expect, test } from "vitest";
import { eventually } from "./eventually.ts";
import { DEPLOYMENT, type Subject } from "./subject.ts";

/** What holds when supervision is overtaken or begins anew, and when somebody ends what it started. */
export function describeSupervision(subject: Subject): void {
  // edge case 39
  test("refuses a stale fence and keeps what it had", async () => {
    await subject.runtime.apply(subject.workload("web", { fence: 5 }));
    const stale = subject.workload("web", { fence: 4, replicas: 3 });
    await expect(subject.runtime.apply(stale)).rejects.toMatchObject({ code: "aborted" });
    const target = { deployment: DEPLOYMENT, revision: 1, fence: 4 };
    await expect(subject.runtime.remove(target)).rejects.toMatchObject({ code: "aborted" });
    await expect(subject.runtime.restart(target)).rejects.toMatchObject({ code: "aborted" });
    expect((await subject.available()).desired).toBe(1);
  });

  test("remembers the fence after everything was removed and supervision began anew", async () => {
    await subject.runtime.apply(subject.workload("web", { fence: 5 }));
    await subject.runtime.remove({ deployment: DEPLOYMENT, revision: 1, fence: 6 });
    await subject.absent();
    await subject.harness.reopen();
    await expect(subject.runtime.apply(subject.workload("web", { fence: 5 }))).rejects.toBeInstanceOf(SluiceError);
  });

  // edge case 38
  test("takes over running instances when supervision begins anew", async () => {
    await subject.runtime.apply(subject.workload("web", { replicas: 2 }));
    const before = (await subject.available()).instances;
    await subject.harness.reopen();
    expect((await subject.available()).instances).toEqual(before);
    await subject.runtime.remove({ deployment: DEPLOYMENT, revision: 1, fence: 2 });
    await subject.absent();
  });

  // edge case 17
  test("replaces an instance that was killed, and is not available meanwhile", async () => {
    await subject.runtime.apply(subject.workload("web", { replicas: 2 }));
    const [victim, other] = (await subject.available()).instances;
    if (victim === undefined || other === undefined) throw new Error("two instances were wanted");
    await subject.harness.killInstance(victim);
    await eventually(
      "the loss is noticed",
      async () => (await subject.observe())?.verdict === "progressing" || undefined,
    );
    const after = (await subject.available()).instances;
    expect(after.find(({ id }) => id === other.id)).toEqual(other);
    expect(after.map(subject.incarnation)).not.toContain(subject.incarnation(victim));
  });

  test("replaces an adopted instance that was killed", async () => {
    await subject.runtime.apply(subject.workload("web"));
    const victim = await subject.one();
    await subject.harness.reopen();
    await subject.harness.killInstance(victim);
    const fresh = await eventually("a fresh instance is ready", async () =>
      (await subject.ready()).find((instance) => subject.incarnation(instance) !== subject.incarnation(victim)),
    );
    expect((await subject.harness.get(fresh, "/")).status).toBe(200);
  });

  test("restarts one instance after the other, never below the wanted number of ready ones", async () => {
    await subject.runtime.apply(subject.workload("web", { replicas: 2 }));
    const before = new Set((await subject.available()).instances.map(subject.incarnation));
    await subject.runtime.restart({ deployment: DEPLOYMENT, revision: 1, fence: 2 });
    const fewest: number[] = [];
    await eventually("every instance is a fresh one", async () => {
      const now = await subject.ready();
      fewest.push(now.length);
      return (now.length === 2 && now.every((instance) => !before.has(subject.incarnation(instance)))) || undefined;
    });
    expect(Math.min(...fewest)).toBeGreaterThanOrEqual(2);
    const after = await subject.available();
    await subject.runtime.restart({ deployment: DEPLOYMENT, revision: 1, fence: 2 });
    expect((await subject.available()).instances).toEqual(after.instances);
  });
}
