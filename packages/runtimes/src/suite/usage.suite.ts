import { expect, test } from "vitest";
import type { Subject } from "./subject.ts";

const MEBIBYTE = 1024 * 1024;

/** What programs use, as it is measured. */
export function describeUsage(subject: Subject): void {
  test("tells how much memory an instance uses, and sees it grow", async () => {
    await subject.runtime.apply(subject.workload("web"));
    const instance = await subject.one();
    const before = await subject.uses("the first measurement", () => true);
    expect(before.rssBytes).toBeGreaterThan(4 * MEBIBYTE);
    expect(before.rssBytes).toBeLessThan(400 * MEBIBYTE);
    await subject.harness.get(instance, "/allocate");
    const after = await subject.uses(
      "the memory is seen",
      ({ rssBytes }) => rssBytes > before.rssBytes + 200 * MEBIBYTE,
    );
    // A cluster tells it in whole seconds.
    expect(after.at).toBeGreaterThanOrEqual(before.at);
  });

  test("tells how much processor time an instance and its children use", async () => {
    await subject.runtime.apply(subject.workload("web"));
    const instance = await subject.one();
    // On a busy machine a program that burns gets what others leave it.
    await subject.uses("it is idle", ({ cpuCores }) => cpuCores < 0.02);
    await subject.harness.get(instance, "/burn");
    const busy = await subject.uses("the child's work is seen", ({ cpuCores }) => cpuCores >= 0.05);
    expect(busy.cpuCores).toBeLessThan(8);
  });

  test("goes on to tell what instances use that it has taken over", async () => {
    await subject.runtime.apply(subject.workload("web"));
    const instance = await subject.one();
    await subject.harness.get(instance, "/allocate");
    await subject.harness.reopen();
    await subject.uses("its memory is seen", ({ rssBytes }) => rssBytes > 200 * MEBIBYTE);
  });
}
