import type { ClusterAccess } from "../../test/kubernetes/access.ts";
import type { KubeObject } from "../../test/kubernetes/api.ts";
import { BY_HAND, NAMESPACE, USERS } from "./place.ts";

const KINDS = "deployment,service,configmap,secret,serviceaccount,networkpolicy,poddisruptionbudget";
const WEIGHTS = [5, 25, 50, 100];

/**
 * The same canary as a careful script does it with kubectl: the objects that the server made for a revision are applied under
 * another name, waited for, given each weight, which is looked at, and the revision before is taken away.
 */
export async function rollOutByHand(cluster: ClusterAccess, deployment: string, times: number): Promise<void> {
  const credentials = ["--token", cluster.tokens[USERS.script] ?? "", "-n", BY_HAND];
  const kubectl = (args: string[], stdin?: string): Promise<string> =>
    cluster.kubectl([...credentials, ...args], stdin);
  const { name, objects } = await revisionOf(cluster, deployment);
  const apply = (revision: number): Promise<string> =>
    kubectl(["apply", "--server-side", "-f", "-"], objects.replaceAll(name, `by-hand-r${revision}`));
  const deal = (weight: number, revision: number): Promise<string> =>
    kubectl(["apply", "--server-side", "-f", "-"], JSON.stringify(routeTo(weight, revision)));
  const look = (): Promise<string> => kubectl(["get", "httproute", "by-hand", "-o", "json"]);
  for (let revision = 1; revision <= times; revision += 1) {
    await apply(revision);
    await kubectl(["rollout", "status", `deployment/by-hand-r${revision}`, "--timeout=300s"]);
    for (const weight of WEIGHTS) {
      await deal(weight, revision);
      await look();
    }
    if (revision > 1)
      await kubectl(["delete", KINDS, `by-hand-r${revision - 1}`, "--ignore-not-found", "--wait=false"]);
  }
}

/** The objects of a deployment's revision that runs, without whatever the API server put in and without being the server's. */
async function revisionOf(cluster: ClusterAccess, deployment: string): Promise<{ name: string; objects: string }> {
  const selector = `app.kubernetes.io/name=${deployment},sluice.dev/revision`;
  const text = await cluster.kubectl(["-n", NAMESPACE, "get", KINDS, "-l", selector, "-o", "json"]);
  const { items } = JSON.parse(text) as { items: (KubeObject & { spec?: object })[] };
  const name = items.find(({ kind }) => kind === "Deployment")?.metadata.name;
  if (name === undefined) throw new Error(`${deployment} has no Deployment`);
  const bare = items.map(({ apiVersion, kind, metadata, spec, ...rest }) => {
    const { status: _, ...content } = { status: null, ...rest };
    const { clusterIP: __, clusterIPs: ___, ...own } = { clusterIP: "", clusterIPs: [], ...spec };
    return {
      ...{ apiVersion, kind, ...content, metadata: { name: metadata.name, labels: metadata.labels } },
      ...(spec !== undefined && { spec: own }),
    };
  });
  const objects = JSON.stringify({ apiVersion: "v1", kind: "List", items: bare });
  return { name, objects: objects.replaceAll("sluice.dev/", "by-hand.test/").replaceAll('"sluice"', '"by-hand"') };
}

const routeTo = (weight: number, revision: number): object => ({
  apiVersion: "gateway.networking.k8s.io/v1",
  kind: "HTTPRoute",
  metadata: { name: "by-hand" },
  spec: {
    parentRefs: [{ name: "front" }],
    rules: [
      {
        backendRefs: [
          { name: `by-hand-r${revision}`, port: 80, weight },
          { name: `by-hand-r${revision - 1}`, port: 80, weight: 100 - weight },
        ].filter((backend) => backend.weight > 0),
      },
    ],
  },
});
