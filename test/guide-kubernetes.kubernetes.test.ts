import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { linesOf, Reader } from "./guide.ts";
import { pushImage } from "./kubernetes/pod-runner/images.ts";
import { sharedCluster } from "./kubernetes/shared.ts";

const GREETER = fileURLToPath(new URL("../examples/greeter/server.mjs", import.meta.url));

test("the guide to Kubernetes works as it is printed", { timeout: 900_000 }, async () => {
  const cluster = sharedCluster();
  await pushImage(cluster.api, "example/greeter:1.0.0", {
    ...{ command: ["node", GREETER], env: { HOST: "0.0.0.0" }, user: 1_000 },
  });
  const guide = readFileSync("docs/guides/kubernetes.md", "utf8");
  const reader = new Reader(guide);
  onTestFinished(async () => {
    await reader.leave();
    await cluster.kubectl(["delete", "namespace", "greetings", "--ignore-not-found", "--wait=false"]);
  });
  await reader.type(`export SLUICE_KUBECONFIG=${cluster.kubeconfig}`);
  expect(await reader.type("npx sluice up")).toMatchObject({ code: 0 });
  expect(linesOf(guide).length).toBeGreaterThan(10);
  await reader.typeAll(guide);
});
