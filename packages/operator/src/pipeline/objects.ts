import { digestOf, type Json, type LabelledNode, type PipelineResource } from "@sluice/core";
import type { Manifest, OwnerReference } from "@sluice/runtimes/kubernetes";
import { nodeAffinity, nodesFor } from "./affinity.ts";
import {
  API_VERSION,
  configMapName,
  DIGEST,
  daemonSetName,
  MANAGED_BY,
  OPERATOR,
  PIPELINE_LABEL,
  REPLICA_LABEL,
  RESTART,
} from "./pipeline.names.ts";
import type { Pipeline } from "./pipeline.types.ts";
import { render } from "./rendered.ts";

/** How collectors are run where a pipeline does not say so itself. */
export interface CollectorDefaults {
  /** Runs the program of packages/collector, with an `otelcol` beside it. */
  image: string;
}

export interface PipelineObjects {
  configMap: Manifest;
  /** One for each collector of a node. */
  daemonSets: Manifest[];
  /** Names of the nodes that are meant now. */
  nodes: string[];
  /** Of everything in a pod but where it is. */
  digest: string;
}

/** Port of health, figures and OTLP over HTTP. */
const PORT = 8_080;
const FOLDER = "/etc/sluice";
const FILE = "pipeline.json";
const WORKDIR = "/run/sluice";
/** `nobody`. */
const NOBODY = 65_534;

/** All that a pipeline consists of. Throws `invalid_argument` naming the field for a spec that cannot be. */
export function objectsOf(
  pipeline: Pipeline,
  spec: PipelineResource,
  nodes: readonly LabelledNode[],
  defaults: CollectorDefaults,
): PipelineObjects {
  const { name, namespace = "default" } = pipeline.metadata;
  const { content, digest: configDigest, collectHost } = render(spec);
  const selected = nodesFor(spec, nodes);
  const config = configMapName(name, configDigest);
  const pod = podOf(spec, { config, collectHost, defaults });
  const restart = pipeline.metadata.annotations?.[RESTART] ?? "";
  const digest = digestOf({ ...pod, passed: passedOn(pipeline), restart }).slice(-10);
  const common = { namespace, ownerReferences: [ownedBy(pipeline)] };
  return {
    nodes: selected,
    digest,
    configMap: {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { ...common, name: config, labels: labelsOf(pipeline), annotations: { [DIGEST]: configDigest } },
      immutable: true,
      data: { [FILE]: content },
    },
    daemonSets: Array.from({ length: spec.replicas }, (_, replica) => {
      const own = { [PIPELINE_LABEL]: name, [REPLICA_LABEL]: String(replica) };
      const labels = { ...labelsOf(pipeline), ...own };
      return {
        apiVersion: "apps/v1",
        kind: "DaemonSet",
        metadata: { ...common, name: daemonSetName(name, replica), labels, annotations: { [DIGEST]: digest } },
        spec: {
          selector: { matchLabels: own },
          revisionHistoryLimit: 3,
          updateStrategy: updateStrategyOf(spec),
          template: {
            metadata: {
              labels: { ...labels, ...forWatchers(pipeline) },
              annotations: templateAnnotations(pipeline, digest),
            },
            spec: { ...pod, affinity: nodeAffinity(spec, selected) ?? {} },
          },
        },
      };
    }),
  };
}

export const ownedBy = ({ metadata: { name, uid = "" } }: Pipeline): OwnerReference => ({
  apiVersion: API_VERSION,
  kind: "PhoenixProcessPipeline",
  name,
  uid,
  controller: true,
  blockOwnerDeletion: true,
});

/** Labels of the pipeline by which others find what belongs to them. */
const passedOn = ({ metadata: { labels = {} } }: Pipeline): Record<string, string> =>
  Object.fromEntries(Object.entries(labels).filter(([key]) => /^(sluice\.dev|phoenix\.io)\//.test(key)));

/** Who has made the pipeline looks for its pods by the label that it gives everything. */
const forWatchers = ({ metadata: { labels = {} } }: Pipeline): Record<string, string> => {
  const manager = labels[MANAGED_BY];
  return manager === undefined ? {} : { [MANAGED_BY]: manager };
};

const templateAnnotations = ({ metadata: { annotations = {} } }: Pipeline, digest: string): Record<string, string> => {
  const restart = annotations[RESTART];
  return { [DIGEST]: digest, ...(restart !== undefined && { [RESTART]: restart }) };
};

const labelsOf = (pipeline: Pipeline): Record<string, string> => ({
  ...passedOn(pipeline),
  [MANAGED_BY]: OPERATOR,
  "app.kubernetes.io/name": "sluice-collector",
  [PIPELINE_LABEL]: pipeline.metadata.name,
});

/** Where nodes are named one by one, naming another must not replace the collectors of all. */
const updateStrategyOf = ({ maxNodes, updateStrategy: { maxUnavailable } }: PipelineResource): object =>
  maxNodes === undefined ? { type: "RollingUpdate", rollingUpdate: { maxUnavailable } } : { type: "OnDelete" };

interface PodParts {
  config: string;
  collectHost: boolean;
  defaults: CollectorDefaults;
}

function podOf(spec: PipelineResource, { config, collectHost, defaults }: PodParts): Record<string, Json> {
  const limits = quantitiesOf(spec.resources.limits);
  const requests = quantitiesOf(spec.resources.requests);
  return {
    // Who measures a node's processes has to see them.
    hostPID: collectHost,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: 30,
    tolerations: spec.tolerations.map((toleration) => JSON.parse(JSON.stringify(toleration))),
    securityContext: {
      seccompProfile: { type: "RuntimeDefault" },
      ...(collectHost
        ? { runAsUser: 0, runAsNonRoot: false }
        : { runAsUser: NOBODY, runAsGroup: NOBODY, fsGroup: NOBODY, runAsNonRoot: true }),
    },
    containers: [
      {
        name: "collector",
        image: spec.image ?? defaults.image,
        ...(spec.imagePullPolicy !== undefined && { imagePullPolicy: spec.imagePullPolicy }),
        workingDir: WORKDIR,
        env: ENVIRONMENT,
        ports: [{ name: "http", containerPort: PORT, protocol: "TCP" }],
        startupProbe: { ...HEALTH, periodSeconds: 1, timeoutSeconds: 5, failureThreshold: 180 },
        readinessProbe: { ...HEALTH, periodSeconds: 5, timeoutSeconds: 5, failureThreshold: 3 },
        livenessProbe: { ...HEALTH, periodSeconds: 15, timeoutSeconds: 5, failureThreshold: 6 },
        resources: { limits, requests },
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ["ALL"], ...(collectHost && { add: ["SYS_PTRACE", "DAC_READ_SEARCH"] }) },
        },
        terminationMessagePolicy: "FallbackToLogsOnError",
        volumeMounts: [
          { name: "config", mountPath: FOLDER, readOnly: true },
          { name: "run", mountPath: WORKDIR },
        ],
      },
    ],
    volumes: [
      { name: "config", configMap: { name: config } },
      { name: "run", emptyDir: {} },
    ],
  };
}

const HEALTH = { httpGet: { path: "/healthz", port: "http" } };

const fromField = (fieldPath: string) => ({ valueFrom: { fieldRef: { fieldPath } } });

const ENVIRONMENT = [
  { name: "PORT", value: String(PORT) },
  { name: "HOST", ...fromField("status.podIP") },
  { name: "HOME", value: WORKDIR },
  { name: "SLUICE_INSTANCE", ...fromField("metadata.name") },
  { name: "SLUICE_NODE", ...fromField("spec.nodeName") },
  { name: "SLUICE_REPLICA", ...fromField(`metadata.labels['${REPLICA_LABEL}']`) },
  { name: "SLUICE_PIPELINE_FILE", value: `${FOLDER}/${FILE}` },
];

const quantitiesOf = (quantities: PipelineResource["resources"]["limits"] = {}): Record<string, string> => ({
  ...(quantities.cpu !== undefined && { cpu: quantities.cpu }),
  ...(quantities.memory !== undefined && { memory: quantities.memory }),
});
