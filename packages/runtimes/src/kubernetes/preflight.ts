import { SluiceError } from "@sluice/core";
import { ApiFailure, toSluiceError } from "./client/failure.ts";
import { groupOf, KINDS, type Kind, nameOf } from "./client/kinds.ts";
import type { KubeObject } from "./client/kube.types.ts";
import type { Cluster } from "./cluster.ts";
import { missingPermissions, type Permission, type ResourceRule } from "./permissions.ts";

/** Older ones do not know how a pod waits before it stops. */
const OLDEST = { major: 1, minor: 30 };

const READ = ["get", "list", "watch"];
const WRITE = ["create", "patch", "delete"];

const allowed = (kind: Kind, verbs: readonly string[], subresource = ""): Permission[] =>
  verbs.map((verb) => ({ verb, group: groupOf(kind), resource: `${kind.plural}${subresource}` }));

/** Everything that a runtime does in a namespace. */
const NEEDED: readonly Permission[] = [
  ...[
    ...[KINDS.deployment, KINDS.job, KINDS.service, KINDS.configMap, KINDS.secret, KINDS.serviceAccount],
    ...[KINDS.networkPolicy, KINDS.podDisruptionBudget, KINDS.horizontalPodAutoscaler],
  ].flatMap((kind) => allowed(kind, [...READ, ...WRITE])),
  ...allowed(KINDS.configMap, ["update"]),
  ...allowed(KINDS.pod, READ),
  ...allowed(KINDS.pod, ["get"], "/log"),
  ...allowed(KINDS.event, ["list"]),
];

/** Clusters are upgraded in the middle of their work, and seldom. */
const VERSION_MS = 600_000;
/** What spoke against nothing a moment ago is not asked for every rollout; whatever changes meanwhile is met when it is applied. */
const FINE_MS = 30_000;

/** The cluster's version, such as `v1.35.4`. Throws, naming the context, when it cannot be reached or refuses the credentials. */
export async function greet({ client, context, remember }: Cluster): Promise<string> {
  try {
    const asked = remember("version", VERSION_MS, () => client.json<{ gitVersion: string }>("/version"));
    return (await asked).gitVersion;
  } catch (error) {
    const refused = error instanceof ApiFailure && (error.status === 401 || error.status === 403);
    throw toSluiceError(error, `the cluster of context ${context}${refused ? " refuses the credentials" : ""}`);
  }
}

/**
 * Why nothing could run in a namespace now, in one sentence that names every missing permission; null when nothing speaks
 * against it. Changes nothing.
 */
export async function preflight(
  cluster: Cluster,
  namespace: string,
  namespaces: readonly string[] | null,
): Promise<string | null> {
  try {
    const version = await greet(cluster);
    if (isTooOld(version))
      return `the cluster is of version ${version}; at least v${OLDEST.major}.${OLDEST.minor} is needed`;
    if (namespaces !== null && !namespaces.includes(namespace))
      return `namespace ${namespace} is none of those that this server looks at: ${namespaces.join(", ")}`;
    const ask = async (): Promise<string | null> =>
      (await ailmentOf(cluster, namespace)) ?? (await forbidden(cluster, namespace));
    return await cluster.remember(`preflight ${namespace}`, FINE_MS, ask, (ailment) => ailment === null);
  } catch (error) {
    if (error instanceof SluiceError) return error.message;
    throw error;
  }
}

function isTooOld(version: string): boolean {
  const [, major = "", minor = ""] = /^v?(\d+)\.(\d+)/.exec(version) ?? [];
  if (major === "") return false;
  return Number(major) < OLDEST.major || (Number(major) === OLDEST.major && Number(minor) < OLDEST.minor);
}

interface Namespace extends KubeObject {
  status?: { phase?: string };
}

/** Whether the namespace takes anything, or could be made. Who may not look at it may still work in it. */
async function ailmentOf({ client }: Cluster, name: string): Promise<string | null> {
  const found = await client
    .get<Namespace>({ kind: KINDS.namespace, namespace: null, name })
    .catch((error: unknown) => {
      if (error instanceof SluiceError && error.code === "permission_denied") return undefined;
      throw error;
    });
  if (found === undefined) return null;
  const what = nameOf(KINDS.namespace, null, name);
  if (found === null) {
    const may = await isAllowed(client, null, { verb: "create", group: "", resource: "namespaces" });
    return may ? null : `${what}: does not exist, and may not be made with these credentials`;
  }
  return found.status?.phase === "Terminating" ? `${what}: is being deleted` : null;
}

/** The rules tell of everything at once; where they lack something it is asked for by itself, as they need not be complete. */
async function forbidden({ client, context }: Cluster, namespace: string): Promise<string | null> {
  const path = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews";
  const review = { apiVersion: "authorization.k8s.io/v1", kind: "SelfSubjectRulesReview", spec: { namespace } };
  const { status } = await ask<{ status: { resourceRules: ResourceRule[] } }>(client, path, review);
  const doubtful = missingPermissions(status.resourceRules, NEEDED);
  const answers = await Promise.all(doubtful.map((one) => isAllowed(client, namespace, one)));
  const missing = doubtful.filter((_, index) => answers[index] === false).map(spoken);
  if (missing.length === 0) return null;
  return `the credentials of context ${context} may not, in namespace ${namespace}: ${missing.join(", ")}`;
}

const spoken = ({ verb, group, resource }: Permission): string =>
  `${verb} ${resource}${group === "" ? "" : `.${group}`}`;

async function isAllowed(
  client: Cluster["client"],
  namespace: string | null,
  { verb, group, resource }: Permission,
): Promise<boolean> {
  const [name = "", subresource] = resource.split("/");
  const resourceAttributes = {
    ...{ verb, group, resource: name },
    ...(namespace !== null && { namespace }),
    ...(subresource !== undefined && { subresource }),
  };
  const path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
  const review = {
    apiVersion: "authorization.k8s.io/v1",
    kind: "SelfSubjectAccessReview",
    spec: { resourceAttributes },
  };
  return (await ask<{ status: { allowed: boolean } }>(client, path, review)).status.allowed;
}

const ask = <T>(client: Cluster["client"], path: string, review: object): Promise<T> =>
  client.json<T>(path, review).catch((error: unknown) => {
    throw toSluiceError(error, "asking for permissions");
  });
