import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { sharedCluster } from "../../../../test/kubernetes/shared.ts";
import type { Principal } from "../access/principal.ts";
import { readConfig } from "../config.ts";
import type { Outlook } from "./outlook.ts";
import { createTargetService } from "./target.service.ts";

const cluster = sharedCluster();
const reader: Principal = { name: "ada", role: "viewer", project: null, environment: null };
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sluice-outlook-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What is said of Kubernetes, with variables of the server. */
async function said(variables: Record<string, string>, patienceMs = 60_000): Promise<Outlook | undefined> {
  const config = readConfig({ HOME: folder, ...variables });
  const outlook = await createTargetService({ config, patienceMs }).outlook(reader);
  return outlook.find(({ type }) => type === "kubernetes");
}

test("a cluster is told with its version, its context, and that it has Gateway API", async () => {
  expect(await said({ SLUICE_KUBECONFIG: cluster.kubeconfig })).toEqual({
    ...{ type: "kubernetes", state: "ready" },
    message: expect.stringMatching(/^Kubernetes v1\.\d+\.\d+, context \S+ of \/.*, with Gateway API$/),
  });
});

test("credentials that may too little are a fault that names every permission they lack", async () => {
  const kubeconfig = await cluster.kubeconfigFor({ user: "developer" });
  expect(await said({ SLUICE_KUBECONFIG: kubeconfig })).toMatchObject({
    state: "faulty",
    message: expect.stringMatching(/^Kubernetes v1\..*(may not|cannot).*/),
  });
});

test("a cluster that says nothing is waited for no longer than the limit, and is a fault only where it was asked for", async () => {
  const deaf = createServer();
  const port = await new Promise<number>((resolve) =>
    deaf.listen(0, "127.0.0.1", () => {
      const address = deaf.address();
      resolve(typeof address === "object" && address !== null ? address.port : 0);
    }),
  );
  onTestFinished(() => void deaf.close());
  const text = await readFile(cluster.kubeconfig, "utf8");
  const kubeconfig = join(folder, "deaf");
  await writeFile(kubeconfig, text.replaceAll(cluster.url, `https://127.0.0.1:${port}`));
  const words = expect.stringMatching(/did not answer within 0\.5 s|no answer within 0\.6 s/);
  expect(await said({ SLUICE_KUBECONFIG: kubeconfig }, 500)).toMatchObject({ state: "faulty", message: words });
});

test("without any kubeconfig there is no cluster, which is no fault", async () => {
  expect(await said({})).toMatchObject({ state: "absent", message: expect.stringContaining("there is no kubeconfig") });
});
