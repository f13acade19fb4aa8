import type { WorkloadStatus } from "@sluice/core";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { sharedCluster } from "../../../../../test/kubernetes/shared.ts";
import { objectName } from "../names.ts";
import { createChartHarness, pushServed } from "./chart.harness.ts";

const access = sharedCluster();
beforeAll(() => pushServed(access));

const PATIENCE = { timeout: 150_000 };

/** A revision that is wanted once, and the name of its release. */
async function scene() {
  const harness = await createChartHarness(access);
  onTestFinished(() => harness.dispose());
  const { runtime, namespace } = harness;
  const workload = harness.workload("web", { replicas: 1 });
  await runtime.apply(workload);
  const name = objectName({ name: "greeter", deployment: workload.deployment }, workload.revision);
  return { runtime, namespace, workload, name };
}

// edge case 51
test("what somebody edits of the pods of a release is told by its field, and put back", async () => {
  const { runtime, namespace, workload, name } = await scene();
  const drift = async () => (await runtime.observe(workload.deployment))[0]?.drift ?? null;
  await expect.poll(async () => (await runtime.observe(workload.deployment))[0]?.verdict, PATIENCE).toBe("available");
  await runtime.restart({ deployment: workload.deployment, revision: workload.revision, fence: workload.fence });
  await access.kubectl(["rollout", "status", `deployment/${name}`, "--namespace", namespace, "--timeout=120s"]);
  expect(await drift()).toBeNull();

  const set = (...args: string[]) =>
    access.kubectl(["set", "env", `deployment/${name}`, "--containers=app", "--namespace", namespace, ...args]);
  await set("MODEL_NAME=another");
  await expect.poll(drift, PATIENCE).toContain(`Deployment ${namespace}/${name}: spec.template.spec.containers[`);
  await runtime.apply(workload);
  await expect.poll(() => set("--list"), PATIENCE).not.toContain("another");
  await expect.poll(drift, PATIENCE).toBeNull();
});

// edge case 51
test("a release that is rolled back underneath is told as what it is by then, and brought back", async () => {
  const { runtime, namespace, workload, name } = await scene();
  const seen = async (): Promise<Pick<WorkloadStatus, "desired" | "verdict"> | null> => {
    const [status] = await runtime.observe(workload.deployment);
    return status === undefined ? null : { desired: status.desired, verdict: status.verdict };
  };
  await expect.poll(seen, PATIENCE).toEqual({ desired: 1, verdict: "available" });
  await runtime.apply({ ...workload, replicas: 2 });
  await expect.poll(seen, PATIENCE).toEqual({ desired: 2, verdict: "available" });

  await access.helm(["rollback", name, "1", "--namespace", namespace]);
  // Nobody says that the two are there which somebody took away.
  await expect.poll(seen, PATIENCE).toEqual({ desired: 1, verdict: "available" });
  await runtime.apply({ ...workload, replicas: 2 });
  await expect.poll(seen, PATIENCE).toEqual({ desired: 2, verdict: "available" });
});
