import { expect, test } from "vitest";
import { startCluster } from "../../../../../test/kubernetes/cluster.ts";
import { SILENT } from "../../supervision/policy.ts";
import { createCluster } from "../cluster.ts";
import { createPodUsage } from "./pod.usage.ts";

test("a cluster that measures nothing is told of once, and everything else goes on", async () => {
  await using access = await startCluster();
  const cluster = createCluster({ files: [access.kubeconfig], context: null, logger: SILENT });
  const told: string[] = [];
  const warn = (fields: object, text: string): void => void told.push(`${text}: ${JSON.stringify(fields)}`);
  const usage = createPodUsage({ cluster, everyMs: 20, clock: Date.now, logger: { ...SILENT, warn } });
  try {
    await expect.poll(() => told).toHaveLength(1);
    expect(told[0]).toContain("the cluster serves no metrics.k8s.io/v1beta1: it has no metrics server");
    const asked = cluster.client.requests;
    await expect.poll(() => cluster.client.requests).toBeGreaterThan(asked + 2);
    expect(told).toHaveLength(1);
    expect(usage.of("greeter-r1-x")).toBeNull();
  } finally {
    await usage.close();
    await cluster.close();
  }
});
