import { existsSync } from "node:fs";
import { join } from "node:path";
import { SluiceError } from "@sluice/core";
import type { Logger } from "pino";
import type { Config } from "../../config.ts";
import type { Connect } from "../targets.ts";

type KubernetesConfig = Pick<Config, "kubernetes" | "dataDir" | "programEnv" | "models">;

/** Reaches the cluster of a target's context: containers, charts and pipelines run there, and its own data planes deal callers. */
export function connectKubernetes(
  { kubernetes, dataDir, programEnv, models }: KubernetesConfig,
  parent: Logger,
): Connect {
  return async (target) => {
    if (target.type !== "kubernetes") throw new SluiceError("internal", `target ${target.type} is no cluster`);
    // Whoever has no such target does not wait for a client of Kubernetes to load.
    const kube = await import("@sluice/runtimes/kubernetes/runtime");
    const files = kubeconfigFiles(kubernetes, programEnv.HOME);
    const { namespaces } = kubernetes;
    const context = target.context ?? null;
    const logger = parent.child({ part: "kubernetes", context: context ?? "" });
    const cluster = kube.createCluster({ files, context, namespaces, logger });
    const helm = kube.createHelm({
      program: models.cluster.helm,
      ...{ kubeconfig: files, context, folder: join(dataDir, "helm"), env: programEnv },
    });
    const carriers = [
      kube.createChartCarrier({ cluster, helm, logger }),
      kube.createPipelineCarrier({ cluster, clock: Date.now }),
    ];
    const runtime = kube.createKubernetesRuntime({ cluster, carriers, logger });
    const plane = kube.createClusterPlane({ cluster, logger });
    const close = async (): Promise<void> => {
      await plane.close();
      await runtime.close();
      await cluster.close();
    };
    try {
      const version = await kube.greet(cluster);
      await runtime.start();
      await plane.start();
      logger.info({ version, namespaces }, "following the cluster");
    } catch (error) {
      await close();
      throw explained(error, namespaces);
    }
    return {
      ...{ runtime, plane, close },
      collectors: kube.clusterCollectors(cluster),
      preflight: async (place, project) => {
        if (place.type !== "kubernetes") return null;
        return kube.preflight(cluster, kube.namespaceOf({ target: place, project }), namespaces);
      },
    };
  };
}

/** The configured ones; else the account of the pod that the server runs in (none); else the user's own. Throws when there is none. */
export function kubeconfigFiles({ kubeconfig, inCluster }: Config["kubernetes"], home: string | undefined): string[] {
  if (kubeconfig.length > 0) return kubeconfig;
  if (inCluster) return [];
  const own = home === undefined ? null : join(home, ".kube", "config");
  if (own !== null && existsSync(own)) return [own];
  throw new SluiceError(
    "failed_precondition",
    `there is no kubeconfig: SLUICE_KUBECONFIG is not set, the server runs in no cluster, and ${own ?? "~/.kube/config"} does not exist`,
  );
}

/** Who may look at some namespaces only can say so. */
function explained(error: unknown, namespaces: readonly string[] | null): unknown {
  const isWide = error instanceof SluiceError && error.message.includes("at the cluster scope");
  if (!isWide || namespaces !== null) return error;
  return new SluiceError(
    error.code,
    `${error.message} (SLUICE_KUBERNETES_NAMESPACES names those that the server is to look at, where it may not see all)`,
    { cause: error },
  );
}
