import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ClusterAccess } from "./access.ts";
import { builtBinary, kubernetesFolder } from "./binaries.ts";
import { bindPods } from "./pod-runner/binding.ts";
import { freePort, startProgram } from "./programs.ts";

export interface KwokOptions {
  /** How many nodes it plays: `kwok-0`, `kwok-1`, … Default: 1. */
  nodes?: number;
  /** Further labels of its nodes. */
  labels?: Record<string, string>;
  /** The cluster has no pod runner: any pod may run on its nodes, and it binds them. */
  isAlone?: boolean;
}

export interface Kwok extends AsyncDisposable {
  /** To be put into pods that are to run there beside a pod runner's: a label of its nodes, and what tolerates their taint. */
  readonly placement: { nodeSelector: Record<string, string>; tolerations: object[] };
  close(): Promise<void>;
}

/**
 * Flags of an API server for those who measure times: what KWOK looks at is watched in etcd itself. KWOK watches from no version on,
 * and Debian's etcd is too old for such watches to be answered from the API server's cache: they are refused, and whatever KWOK
 * plays happens after ever longer pauses.
 */
export const PROMPT_KWOK: readonly string[] = ["--watch-cache-sizes=pods#0,nodes#0,leases.coordination.k8s.io#0"];

const CRASHING = fileURLToPath(new URL("kwok-crashing.yaml", import.meta.url));
const LABEL = "kwok.x-k8s.io/node";
const CAPACITY = { cpu: "1000", memory: "4000Gi", pods: "10000" };

/**
 * Plays kubelets with KWOK: its pods become ready at once, or crash for ever when they have the label
 * `sluice.test/crashes: "true"`, and run nothing. For numbers of pods that this machine could not run.
 */
export async function startKwok(cluster: ClusterAccess, options: KwokOptions = {}): Promise<Kwok> {
  const { nodes = 1, labels = {}, isAlone = false } = options;
  const taints = isAlone ? [] : [{ key: LABEL, value: "true", effect: "NoSchedule" }];
  const names = Array.from({ length: nodes }, (_, index) => `kwok-${index}`);
  for (const name of names) {
    await cluster.api.create("/api/v1/nodes", {
      metadata: { name, labels: { ...labels, [LABEL]: "true", "kubernetes.io/hostname": name } },
      ...{ spec: { taints } },
      ...{ status: { capacity: CAPACITY, allocatable: CAPACITY } },
    });
  }
  const program = await startProgram(
    builtBinary("kwok"),
    [
      `--kubeconfig=${cluster.kubeconfig}`,
      `--config=${join(kubernetesFolder(), "kwok-stages.yaml")}`,
      `--config=${CRASHING}`,
      `--manage-nodes-with-label-selector=${LABEL}=true`,
      "--cidr=10.200.0.0/16",
      "--node-ip=10.200.0.1",
      `--server-address=127.0.0.1:${await freePort()}`,
      "--node-lease-duration-seconds=40",
    ],
    join(cluster.folder, "kwok.log"),
  );
  const ending = new AbortController();
  const binding = isAlone ? bindPods(cluster.api, ending.signal) : null;
  const close = async (): Promise<void> => {
    ending.abort();
    await binding;
    await program.stop("SIGKILL");
    for (const name of names) await cluster.api.delete(`/api/v1/nodes/${name}`).catch(() => undefined);
  };
  return {
    placement: {
      nodeSelector: { [LABEL]: "true" },
      tolerations: [{ key: LABEL, operator: "Exists" }],
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
