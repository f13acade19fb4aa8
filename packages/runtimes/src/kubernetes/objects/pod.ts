import type { Workload } from "@sluice/core";
import { selectorOf } from "../names.ts";
import { type ContainerOptions, containerOf, isService } from "./container.ts";
import { labelsOf } from "./labels.ts";

export interface PodOptions extends ContainerOptions {
  serviceAccount: string;
}

/** The template of a revision's pods. Pure. */
export function podTemplateOf(workload: Workload, options: PodOptions) {
  const { placement, stopSeconds, process } = workload;
  const target = placement?.target;
  const nodeSelector = target?.type === "kubernetes" ? target.nodeSelector : undefined;
  const drainSeconds = isService(workload) ? options.drainSeconds : 0;
  return {
    metadata: { labels: labelsOf(workload) },
    spec: {
      // What failed stays, with its last words; the Job makes another.
      ...(process === "job" && { restartPolicy: "Never" }),
      serviceAccountName: options.serviceAccount,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      terminationGracePeriodSeconds: Math.ceil(stopSeconds) + drainSeconds,
      securityContext: {
        ...(options.isolation === "strict" && { runAsNonRoot: true }),
        seccompProfile: { type: "RuntimeDefault" },
      },
      ...(nodeSelector !== undefined && { nodeSelector }),
      topologySpreadConstraints: ["topology.kubernetes.io/zone", "kubernetes.io/hostname"].map((topologyKey) => ({
        ...{ maxSkew: 1, topologyKey, whenUnsatisfiable: "ScheduleAnyway" },
        labelSelector: { matchLabels: selectorOf(workload.deployment, workload.revision) },
      })),
      containers: [containerOf(workload, options)],
      volumes: [{ name: "tmp", emptyDir: {} }],
    },
  };
}
