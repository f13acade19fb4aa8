import { z } from "zod";
import { nameSchema } from "../names.ts";

const common = {
  /** Told apart by it, and named by waves. Default: the type. */
  name: nameSchema.optional(),
  region: z.string().max(63).optional(),
  labels: z.record(z.string(), z.string()).optional(),
};

/** As DNS labels are: what Kubernetes takes as the name of a namespace or a Gateway. */
const dnsLabel = z
  .string()
  .regex(
    /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/,
    "1 to 63 of a-z, 0-9 and '-', beginning and ending with a letter or digit",
  );

export const PULL_POLICIES = ["always", "missing", "never"] as const;

const dockerTargetSchema = z.strictObject({
  ...common,
  type: z.literal("docker"),
  host: z
    .string()
    .regex(/^(unix:\/\/\/|tcp:\/\/|http:\/\/|https:\/\/)\S+$/, "unix:///path, tcp://host:port or https://host:port")
    .max(1_024)
    .optional()
    .meta({ description: "Where Docker's (or Podman's) API listens; default: SLUICE_DOCKER_HOST of the server" }),
  network: z.string().min(1).max(255).optional().meta({ description: "Network that containers join; default: bridge" }),
  pullPolicy: z.enum(PULL_POLICIES).default("missing").meta({
    description:
      "When a revision's image is pulled before its first instance: `always`, when it is `missing` (default), or `never`",
  }),
  isolation: z.enum(["strict", "daemon"]).default("strict").meta({
    description:
      "`strict` (default): nothing but /tmp can be written, no capabilities, no new privileges; `daemon`: what the daemon gives any container",
  }),
});

/** Who splits the traffic of a cluster's deployments, and where to. */
export const clusterTrafficSchema = z.discriminatedUnion("type", [
  /** Our gateway, which reaches pods by their addresses: with the guard, in the cluster's network. */
  z.strictObject({ type: z.literal("sluice") }),
  z.strictObject({
    type: z.literal("gateway-api"),
    gateway: z.strictObject({
      name: dnsLabel,
      namespace: dnsLabel.optional().meta({ description: "Default: that of the route" }),
      sectionName: z.string().min(1).max(253).optional(),
    }),
  }),
  z.strictObject({
    type: z.literal("ingress-nginx"),
    className: z.string().min(1).max(253).default("nginx"),
  }),
  /** A weight is as exact as the number of pods allows. */
  z.strictObject({ type: z.literal("replicas") }),
]);

/** Whose figures a cluster's Prometheus has of the traffic. */
export const TRAFFIC_METRICS = ["envoy-gateway", "istio", "nginx-gateway-fabric", "ingress-nginx"] as const;

const kubernetesTargetSchema = z.strictObject({
  ...common,
  type: z.literal("kubernetes"),
  context: z.string().min(1).max(253).optional().meta({
    description: "Of the server's kubeconfig; default: its current one, or the cluster that the server runs in",
  }),
  namespace: dnsLabel.optional().meta({ description: "Default: the name of the project" }),
  traffic: clusterTrafficSchema.default({ type: "sluice" }),
  /** Where figures of the traffic are read from when it is not our gateway that deals it. */
  prometheus: z.strictObject({ address: z.url({ protocol: /^https?$/ }), metrics: z.enum(TRAFFIC_METRICS) }).optional(),
  nodeSelector: z.record(z.string().max(317), z.string().max(63)).optional(),
  isolation: z.enum(["strict", "baseline"]).optional().meta({
    description:
      "Of pods. `strict` (default): not as root, nothing but /tmp can be written, no capabilities; `baseline`: as the image has it, without new privileges",
  }),
});

/** One place that an environment uses. */
export const targetSchema = z.discriminatedUnion("type", [
  z.strictObject({ ...common, type: z.literal("process") }),
  dockerTargetSchema,
  kubernetesTargetSchema,
  z.strictObject({ ...common, type: z.literal("none") }),
]);

export type Target = z.infer<typeof targetSchema>;
export type TargetType = Target["type"];
export type TargetOf<Type extends TargetType> = Extract<Target, { type: Type }>;
export type ClusterTraffic = z.infer<typeof clusterTrafficSchema>;

export const targetName = ({ name, type }: Pick<Target, "name" | "type">): string => name ?? type;

/** The same for all targets that are reached in the same way: what a server opens once. */
export function connectionOf(target: Target): string {
  switch (target.type) {
    case "docker":
      return `docker ${target.host ?? ""}`.trimEnd();
    case "kubernetes":
      return `kubernetes ${target.context ?? ""}`.trimEnd();
    default:
      return target.type;
  }
}
