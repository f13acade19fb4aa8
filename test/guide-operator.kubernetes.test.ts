import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { type Answer, linesOf, Reader } from "./guide.ts";
import { kubectlBinary } from "./kubernetes/binaries.ts";
import { pushImage } from "./kubernetes/pod-runner/images.ts";
import { sharedCluster } from "./kubernetes/shared.ts";

const GREETER = fileURLToPath(new URL("../examples/greeter/server.mjs", import.meta.url));
const COLLECTOR = fileURLToPath(new URL("./operator/programs/collector.mjs", import.meta.url));

test("the guide to the operator works as it is printed", { timeout: 900_000 }, async () => {
  const cluster = sharedCluster();
  const settings = { command: ["node", GREETER], env: { HOST: "0.0.0.0" }, user: 1_000 };
  await pushImage(cluster.api, "example/greeter:1.0.0", settings);
  await pushImage(cluster.api, "sluice-collector:latest", { command: ["node", COLLECTOR] });
  const guide = readFileSync("docs/guides/operator.md", "utf8");
  const reader = new Reader(guide);
  onTestFinished(async () => {
    await reader.type("kill $OPERATOR; while kill -0 $OPERATOR; do sleep 0.1; done");
    await reader.leave();
    await cluster.kubectl(["delete", "namespace", "shop", "--ignore-not-found", "--wait=false"]);
  });
  await reader.type(`export PATH=${dirname(await kubectlBinary())}:$PATH KUBECONFIG=${cluster.kubeconfig}`);
  await reader.type(`export SLUICE_KUBECONFIG=${cluster.kubeconfig}`);
  expect(await startServer(reader)).toMatchObject({ code: 0 });
  expect(linesOf(guide).length).toBeGreaterThan(20);
  await reader.typeAll(guide);
});

/** As a person does on a slow machine, when told that the server goes on starting: asks again. */
async function startServer(reader: Reader): Promise<Answer> {
  for (;;) {
    const answer = await reader.type("npx sluice up");
    if (!answer.output.includes("it goes on starting")) return answer;
  }
}
