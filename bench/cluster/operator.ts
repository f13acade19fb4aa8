import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { allCrds } from "../../packages/operator/src/crd/crds.ts";
import { until } from "../../test/end-to-end/eventually.ts";
import { type Program, startProgram } from "../../test/kubernetes/programs.ts";
import { CANARY, CONFIG } from "./deliveries.ts";
import { ARTIFACT, ENVIRONMENT, type Place, USERS, VERSIONS } from "./place.ts";
import type { Weights } from "./weights.ts";

const CLI = fileURLToPath(new URL("../../packages/cli/src/main.ts", import.meta.url));
/** Where people write their objects. */
const GITOPS = "gitops";

/** `sluice operator`, as people start it; resolves when it leads. Ended by whoever started it. */
export async function startOperator({ cluster, system }: Place): Promise<Program & AsyncDisposable> {
  await cluster.kubectl(["create", "namespace", GITOPS]);
  const log = join(cluster.folder, "operator.log");
  await cluster.applyYaml(allCrds());
  await cluster.kubectl(["wait", "--for=condition=Established", "crd", "--all", "--timeout=60s"]);
  const kubeconfig = await cluster.kubeconfigFor({ user: USERS.operator });
  const program = await startProgram(
    "env",
    [
      `SLUICE_URL=${system.url}`,
      ...[process.execPath, CLI, "operator", "--kubeconfig", kubeconfig, "--namespace", GITOPS],
      ...["--project", "default", "--metrics-port", "0"],
    ],
    log,
  );
  await until("the operator leads", async () => {
    if (program.ended !== null) throw new Error(program.ended);
    return (await readFile(log, "utf8")).includes("this operator leads");
  });
  const end = async (): Promise<void> => program.stop();
  return Object.assign(program, { [Symbol.asyncDispose]: end });
}

/** Milliseconds from the beginning of `kubectl apply` to each deployment's first weight, and until kubectl itself had ended. */
export interface FirstWeights {
  weights: number[];
  kubectl: number;
}

/** Applies deployments by kubectl, all in one, and waits for the first callers of that revision. */
export async function applyAll(
  { cluster }: Place,
  weights: Weights,
  names: readonly string[],
  revision: 1 | 2,
): Promise<FirstWeights> {
  const items = names.map((name) => deliveryOf(name, revision));
  const begun = performance.now();
  await cluster.kubectl(["-n", GITOPS, "apply", "-f", "-"], JSON.stringify({ apiVersion: "v1", kind: "List", items }));
  const kubectl = performance.now() - begun;
  const moments = await Promise.all(names.map((name) => weights.first(name, revision)));
  // What is applied next is to find them at rest: a canary needs something stable.
  const deliveries = names.map((name) => `sluicedeployment/${name}`);
  await cluster.kubectl(["-n", GITOPS, "wait", "--for=condition=Ready", ...deliveries, "--timeout=600s"]);
  return { weights: moments.map((moment) => moment - begun), kubectl };
}

/** As people write it: for the first revision at once, for the second by a canary. */
const deliveryOf = (name: string, revision: 1 | 2): object => ({
  apiVersion: "sluice.dev/v1alpha1",
  kind: "SluiceDeployment",
  metadata: { name },
  spec: {
    ...{ artifact: ARTIFACT, version: VERSIONS[revision - 1], environment: ENVIRONMENT, config: CONFIG },
    ...{ route: { path: `/${name}` }, strategy: revision === 1 ? { type: "immediate" } : CANARY },
  },
});
