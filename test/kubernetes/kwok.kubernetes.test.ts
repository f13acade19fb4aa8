import { expect, test } from "vitest";
import { startCluster } from "./cluster.ts";
import { startKwok } from "./kwok.ts";

const deployment = (name: string, replicas: number, labels: Record<string, string>): string => {
  const spec = { containers: [{ name: "web", image: "web:1" }] };
  const template = { metadata: { labels: { app: name, ...labels } }, spec };
  const selector = { matchLabels: { app: name } };
  return JSON.stringify({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name },
    spec: { replicas, selector, template },
  });
};

test("twenty pods become ready that run nothing, and one crashes when it is told to", async () => {
  await using cluster = await startCluster();
  await using _kwok = await startKwok(cluster, { nodes: 2, isAlone: true });
  await cluster.applyYaml(deployment("many", 20, {}));
  await cluster.applyYaml(deployment("bad", 1, { "sluice.test/crashes": "true" }));
  await cluster.kubectl(["rollout", "status", "deployment/many", "--timeout=60s"]);
  const reason = "jsonpath={.items[0].status.containerStatuses[0].state.waiting.reason}";
  await expect.poll(() => cluster.kubectl(["get", "pods", "-l", "app=bad", "-o", reason])).toBe("CrashLoopBackOff");
  const nodes = await cluster.kubectl(["get", "pods", "-l", "app=many", "-o", "jsonpath={.items[*].spec.nodeName}"]);
  expect(new Set(nodes.split(" "))).toEqual(new Set(["kwok-0", "kwok-1"]));

  await cluster.kubectl(["delete", "deployment", "--all"]);
  await cluster.kubectl(["wait", "--for=delete", "pod", "--all", "--timeout=60s"]);
});
