import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Recipe } from "@sluice/core";
import type { ClusterAccess } from "../../../../../test/kubernetes/access.ts";
import { helmBinary } from "../../../../../test/kubernetes/binaries.ts";
import { pushImage } from "../../../../../test/kubernetes/pod-runner/images.ts";
import { testEnv } from "../../process/process.harness.ts";
import { SILENT } from "../../supervision/policy.ts";
import { createKubernetesHarness, type KubernetesHarness } from "../kubernetes.harness.ts";
import { createChartCarrier } from "./chart.carrier.ts";
import { createHelm } from "./helm.ts";

export const CHART = fileURLToPath(new URL("../../../../../charts/model-serving", import.meta.url));
const FIXTURES = fileURLToPath(new URL("../../suite/fixtures", import.meta.url));
const REPOSITORY = "sluice.test/served";

/** Images that fetch nothing and serve one of the suite's programs. */
export async function pushServed(access: ClusterAccess): Promise<void> {
  for (const file of (await readdir(FIXTURES)).filter((name) => name.endsWith(".mjs"))) {
    const script = `[ "$0" = fetch ] || exec node ${join(FIXTURES, file)}`;
    await pushImage(access.api, `${REPOSITORY}:${file.replace(".mjs", "")}`, { command: ["sh", "-c", script] });
  }
}

export const servedBy = (fixture: string): Recipe => ({
  type: "chart",
  chart: CHART,
  values: {
    model: { name: "iris", version: "1", path: "s3://models/default/iris/1" },
    image: { repository: REPOSITORY, tag: fixture },
    ingress: { enabled: false },
    probes: { live: "/healthz" },
    drainSeconds: 1,
  },
  secrets: { s3: { accessKey: "AKIA-1", secretKey: "s3cret" } },
});

/** A runtime whose revisions are releases of the chart, each with one of the suite's programs as what serves. */
export async function createChartHarness(access: ClusterAccess): Promise<KubernetesHarness> {
  const program = await helmBinary();
  const helm = createHelm({
    program,
    kubeconfig: [access.kubeconfig],
    context: null,
    env: testEnv,
    folder: access.folder,
  });
  return createKubernetesHarness(access, {
    carriers: (cluster) => [createChartCarrier({ cluster, helm, logger: SILENT })],
    workload: (workload, fixture) => ({ ...workload, image: null, command: [], recipe: servedBy(fixture) }),
  });
}
