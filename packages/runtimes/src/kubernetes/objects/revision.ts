import { digestOf, type Workload } from "@sluice/core";
import { KINDS, type Kind } from "../client/kinds.ts";
import type { Manifest } from "../client/kube.types.ts";
import { objectName, selectorOf } from "../names.ts";
import { type Isolation, isService, readySeconds } from "./container.ts";
import { labelsOf, namedOf, PORT_NAME } from "./labels.ts";
import { podTemplateOf } from "./pod.ts";

/** An object of a revision, before it is known whose it will be. */
export interface Part {
  kind: Kind;
  manifest: Manifest;
}

/** Everything that a revision is in a cluster. */
export interface RevisionObjects {
  name: string;
  /** What owns the others: with it they all go. Says nothing of the number of pods, which is set by itself. */
  anchor: Part;
  /** What pods need comes first. */
  parts: Part[];
  /** Of the workload without its replicas: the same digest is the same revision, whichever Sluice made its objects. */
  digest: string;
}

export interface ObjectOptions {
  namespace: string;
  drainSeconds: number;
}

/** The objects of one revision of a workload that runs an image. Pure; throws nothing: what is wrong is refused before. */
export function objectsOf(workload: Workload, { namespace, drainSeconds }: ObjectOptions): RevisionObjects {
  const name = objectName(namedOf(workload), workload.revision);
  const make = (kind: Kind, fields: Record<string, unknown>): Part => ({
    kind,
    manifest: {
      ...{ apiVersion: kind.apiVersion, kind: kind.kind },
      metadata: { name, namespace, labels: labelsOf(workload) },
      ...fields,
    },
  });
  const target = workload.placement?.target;
  const isolation: Isolation = target?.type === "kubernetes" ? (target.isolation ?? "strict") : "strict";
  const secrets = workload.secrets ?? {};
  const hasEnv = Object.keys(workload.env).length > 0;
  const hasSecrets = Object.keys(secrets).length > 0;
  const template = podTemplateOf(workload, {
    ...{ isolation, drainSeconds, serviceAccount: name },
    variables: { configMap: hasEnv ? name : null, secret: hasSecrets ? name : null },
  });
  const selector = { matchLabels: selectorOf(workload.deployment, workload.revision) };
  const { replicas: _, fence: __, secrets: ___, ...identity } = workload;
  return {
    name,
    digest: digestOf(identity),
    anchor:
      workload.process === "job"
        ? make(KINDS.job, { spec: { ...JOB, template } })
        : make(KINDS.deployment, { spec: { ...deploymentOf(workload), selector, template } }),
    parts: [
      make(KINDS.serviceAccount, { automountServiceAccountToken: false }),
      // What a revision was configured with does not change under it: it goes back with its code.
      ...(hasEnv ? [make(KINDS.configMap, { immutable: true, data: workload.env })] : []),
      ...(hasSecrets ? [make(KINDS.secret, { immutable: true, type: "Opaque", data: encoded(secrets) })] : []),
      ...(isService(workload) ? [make(KINDS.service, { spec: serviceOf(selector.matchLabels) })] : []),
      make(KINDS.networkPolicy, { spec: networkPolicyOf(workload, selector) }),
      ...(workload.process !== "job" && mostReplicas(workload) > 1
        ? [make(KINDS.podDisruptionBudget, { spec: { selector, ...DISRUPTION } })]
        : []),
      ...(isAutoscaled(workload) ? [make(KINDS.horizontalPodAutoscaler, { spec: autoscalerOf(workload, name) })] : []),
    ],
  };
}

/** One at a time may be taken away; those that do not work anyway are in nobody's way. */
const DISRUPTION = { maxUnavailable: 1, unhealthyPodEvictionPolicy: "AlwaysAllow" };

const mostReplicas = (workload: Workload): number =>
  isAutoscaled(workload) ? (workload.scaling?.max ?? 0) : workload.replicas;

/** Whether the cluster's autoscaler has the number of pods: then it is nobody else's (edge cases 14 to 16). */
export const isAutoscaled = ({ scaling, process }: Workload): boolean =>
  process !== "job" && (scaling?.targetCpu ?? scaling?.targetMemory) !== undefined;

/** The least pods that there may be: what the engine wants, within the autoscaler's bounds. Never none. */
export const leastReplicas = ({ replicas, scaling }: Workload): number =>
  Math.max(1, Math.min(Math.max(replicas, scaling?.min ?? 1), scaling?.max ?? replicas));

function deploymentOf(workload: Workload) {
  const minReadySeconds = readySeconds(workload, workload.healthCheck);
  return {
    ...(minReadySeconds > 0 && { minReadySeconds }),
    // It must be longer than what is waited for in any case.
    progressDeadlineSeconds: Math.max(Math.ceil(workload.progressDeadlineSeconds), minReadySeconds + 1),
    revisionHistoryLimit: 1,
    // Restarts never leave fewer ready than are wanted.
    strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
  };
}

/** Every instance comes to its end by itself. Indexed, as only then their number can be changed. */
const JOB = { completionMode: "Indexed", backoffLimit: 3 };

const serviceOf = (selector: Record<string, string>) => ({
  type: "ClusterIP",
  selector,
  ports: [{ name: PORT_NAME, port: 80, targetPort: PORT_NAME, protocol: "TCP", appProtocol: "http" }],
});

/** In: its port alone. Out: whatever it likes, as nothing is known of what it needs. */
const networkPolicyOf = (workload: Workload, podSelector: { matchLabels: Record<string, string> }) => ({
  podSelector,
  policyTypes: ["Ingress"],
  ...(isService(workload) && { ingress: [{ ports: [{ port: PORT_NAME, protocol: "TCP" }] }] }),
});

function autoscalerOf(workload: Workload, name: string) {
  const { scaling } = workload;
  const metric = (resource: string, averageUtilization: number | undefined) =>
    averageUtilization === undefined
      ? []
      : [{ type: "Resource", resource: { name: resource, target: { type: "Utilization", averageUtilization } } }];
  return {
    scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name },
    minReplicas: leastReplicas(workload),
    maxReplicas: Math.max(scaling?.max ?? 1, leastReplicas(workload)),
    metrics: [...metric("cpu", scaling?.targetCpu), ...metric("memory", scaling?.targetMemory)],
  };
}

const encoded = (values: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, Buffer.from(value).toString("base64")]));
