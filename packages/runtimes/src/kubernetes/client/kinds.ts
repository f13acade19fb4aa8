/** A kind of objects, and where the API has it. */
export interface Kind {
  apiVersion: string;
  kind: string;
  plural: string;
  namespaced: boolean;
}

const core = (kind: string, plural: string, namespaced = true): Kind => ({
  apiVersion: "v1",
  kind,
  plural,
  namespaced,
});
const of = (apiVersion: string, kind: string, plural: string): Kind => ({ apiVersion, kind, plural, namespaced: true });

/** Kinds of Kubernetes itself; whoever needs others describes them in the same way. */
export const KINDS = {
  namespace: core("Namespace", "namespaces", false),
  pod: core("Pod", "pods"),
  service: core("Service", "services"),
  configMap: core("ConfigMap", "configmaps"),
  secret: core("Secret", "secrets"),
  serviceAccount: core("ServiceAccount", "serviceaccounts"),
  event: core("Event", "events"),
  deployment: of("apps/v1", "Deployment", "deployments"),
  job: of("batch/v1", "Job", "jobs"),
  podDisruptionBudget: of("policy/v1", "PodDisruptionBudget", "poddisruptionbudgets"),
  horizontalPodAutoscaler: of("autoscaling/v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers"),
  networkPolicy: of("networking.k8s.io/v1", "NetworkPolicy", "networkpolicies"),
} as const satisfies Record<string, Kind>;

/** The API group of a kind; empty for the core's. */
export const groupOf = ({ apiVersion }: Kind): string =>
  apiVersion.includes("/") ? (apiVersion.split("/")[0] ?? "") : "";

/** The path of a collection, or of one object. Without a namespace: the collection over all of them. */
export function pathOf({ apiVersion, plural }: Kind, namespace: string | null, name?: string): string {
  const root = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const scope = namespace === null ? "" : `/namespaces/${encodeURIComponent(namespace)}`;
  return `${root}${scope}/${plural}${name === undefined ? "" : `/${encodeURIComponent(name)}`}`;
}

/** As people call it in errors: `Deployment shop/greeter-x7k2m-r2`. */
export const nameOf = ({ kind }: Pick<Kind, "kind">, namespace: string | null | undefined, name: string): string =>
  `${kind} ${namespace ? `${namespace}/` : ""}${name}`;
