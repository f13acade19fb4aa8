import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { KubeObject } from "./api.ts";
import { startCluster } from "./cluster.ts";
import { startPodRunner } from "./pod-runner.ts";

test("an API server that is killed comes back on its port with what it knew, and controllers go on", async () => {
  await using cluster = await startCluster({ users: { alice: ["readers"] } });
  await cluster.kubectl(["create", "configmap", "kept", "--from-literal=a=1"]);

  const kubeconfig = await cluster.kubeconfigFor({ user: "alice" });
  const asAlice = cluster.kubectl(["--kubeconfig", kubeconfig, "get", "configmap", "kept"]);
  await expect(asAlice).rejects.toThrow('User "alice" cannot get resource "configmaps"');

  const names: string[] = [];
  const ending = new AbortController();
  const following = cluster.api.follow<KubeObject>("/api/v1/namespaces/default/configmaps", ending.signal, (event) =>
    names.push(`${event.type} ${event.object.metadata.name}`),
  );
  await expect.poll(() => names).toContain("MODIFIED kept");
  await cluster.stopApiServer();
  await expect(cluster.kubectl(["get", "configmap", "kept"])).rejects.toThrow("was refused");

  await cluster.startApiServer();
  expect(await cluster.kubectl(["get", "configmap", "kept", "-o", "jsonpath={.data.a}"])).toBe("1");
  await cluster.kubectl(["delete", "configmap", "kept"]);
  await expect.poll(() => names).toContain("DELETED kept");
  ending.abort();
  await following;

  await cluster.kubectl(["create", "namespace", "later"]);
  await cluster.kubectl(["wait", "--for=create", "serviceaccount/default", "-n", "later", "--timeout=60s"]);
});

test("pods outlive their API server: what ends meanwhile is told afterwards, and new ones start", async () => {
  await using cluster = await startCluster();
  await using _runner = await startPodRunner(cluster);
  const run = (name: string, script: string) =>
    cluster.kubectl(["run", name, "--image=sh:1", "--restart=Never", "--command", "--", "sh", "-c", script]);
  // It ends when the test says so, by a file that both see.
  const sign = join(cluster.folder, "sign");
  const sees = { name: "sign", hostPath: { path: cluster.folder } };
  const container = {
    ...{ name: "short", image: "sh:1", volumeMounts: [{ name: "sign", mountPath: "/sign" }] },
    command: ["sh", "-c", "until [ -e /sign/sign ]; do sleep 0.1; done; exit 3"],
  };
  const spec = { restartPolicy: "Never", containers: [container], volumes: [sees] };
  await cluster.applyYaml(JSON.stringify({ apiVersion: "v1", kind: "Pod", metadata: { name: "short" }, spec }));
  await run("long", "sleep infinity");
  await cluster.kubectl(["wait", "--for=condition=Ready", "pod/long", "pod/short", "--timeout=60s"]);
  await cluster.stopApiServer();
  await writeFile(sign, "");
  await cluster.startApiServer();
  await cluster.kubectl(["wait", "--for=jsonpath={.status.phase}=Failed", "pod/short", "--timeout=60s"]);
  const code = "jsonpath={.status.containerStatuses[0].state.terminated.exitCode}";
  expect(await cluster.kubectl(["get", "pod", "short", "-o", code])).toBe("3");
  expect(await cluster.kubectl(["get", "pod", "long", "-o", "jsonpath={.status.phase}"])).toBe("Running");
  await run("later", "exit 0");
  await cluster.kubectl(["wait", "--for=jsonpath={.status.phase}=Succeeded", "pod/later", "--timeout=60s"]);
});
