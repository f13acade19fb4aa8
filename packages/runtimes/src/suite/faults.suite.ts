import { expect, test } from "vitest";
import { eventually } from "./eventually.ts";
import type { Subject } from "./subject.ts";

/** Programs that exit, say nothing, answer garbage, or fall ill. */
export function describeFaults(subject: Subject): void {
  test("judges a program that exits at once, with its last words but without its secrets", async () => {
    await subject.runtime.apply(subject.workload("exits", { env: { API_TOKEN: "hunter2hunter2" } }));
    const { reason, instances } = await subject.failed("the setting GREETING is missing");
    expect(reason).toContain("exited with status 1");
    expect(reason).not.toContain("hunter2");
    expect(instances[0]?.state).toBe("crash_loop");
  });

  // edge cases 22, 37
  test("judges a program that never opens its port when the deadline is over", async () => {
    await subject.runtime.apply(subject.workload("silent", { ...subject.impatient(), stopSeconds: 1 }));
    await subject.failed(subject.words().silent);
    expect(await subject.ready()).toEqual([]);
  });

  test("judges a program that answers garbage", async () => {
    await subject.runtime.apply(subject.workload("garbage", subject.impatient()));
    await subject.failed(subject.words().garbage);
  });

  test("judges a program whose health path answers 500", async () => {
    const workload = subject.workload("web", { env: { STATUS: "500" }, ...subject.impatient() });
    await subject.runtime.apply(workload);
    await subject.failed(subject.words().broken);
  });

  test("restarts a program that exits after it has served, without judging it", async () => {
    await subject.runtime.apply(subject.workload("web", { env: { LIVE_MS: String(subject.harness.liveMs ?? 700) } }));
    await subject.available();
    const again = await eventually("it was restarted and is ready", async () =>
      (await subject.ready()).find(({ restarts }) => restarts >= 1),
    );
    expect(again.state).toBe("ready");
    expect((await subject.observe())?.verdict).not.toBe("failed");
  });

  test("takes an instance that fails its probes out, then replaces it", async () => {
    await subject.runtime.apply(subject.workload("web"));
    const sick = await subject.one();
    await subject.harness.get(sick, "/break");
    await eventually("it is unready", async () => (await subject.ready()).length === 0 || undefined);
    const fresh = await eventually("it was replaced", async () =>
      (await subject.ready()).find((instance) => subject.incarnation(instance) !== subject.incarnation(sick)),
    );
    expect(fresh.state).toBe("ready");
  });
}
