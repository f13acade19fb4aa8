import type { ClusterAccess } from "../../test/kubernetes/access.ts";
import type { HttpRoute } from "../../test/kubernetes/gateway-player.ts";

export interface Weights extends AsyncDisposable {
  /** Resolves with the moment (of `performance.now()`) at which a revision of a deployment had its first callers. */
  first(deployment: string, revision: number): Promise<number>;
}

const ROUTES = "/apis/gateway.networking.k8s.io/v1/httproutes";

/** Notes when weights come into force: written into an HTTPRoute, and accepted by whoever implements it. */
export function followWeights({ api }: ClusterAccess): Weights {
  const ending = new AbortController();
  const moments = new Map<string, PromiseWithResolvers<number>>();
  const moment = (key: string): PromiseWithResolvers<number> => {
    const known = moments.get(key) ?? Promise.withResolvers<number>();
    moments.set(key, known);
    return known;
  };
  const following = api.follow<HttpRoute>(ROUTES, ending.signal, ({ type, object }) => {
    if (type === "DELETED" || !isInForce(object)) return;
    const deployment = object.metadata.labels?.["app.kubernetes.io/name"];
    for (const { name, weight = 1 } of (object.spec.rules ?? []).flatMap(({ backendRefs = [] }) => backendRefs)) {
      const revision = /-r(\d+)$/.exec(name)?.[1];
      if (weight > 0 && revision !== undefined) moment(`${deployment} ${revision}`).resolve(performance.now());
    }
  });
  return {
    first: (deployment, revision) => moment(`${deployment} ${revision}`).promise,
    async [Symbol.asyncDispose]() {
      ending.abort();
      await following;
    },
  };
}

const isInForce = ({ metadata, status }: HttpRoute): boolean =>
  status?.parents.some(({ conditions }) =>
    conditions.some(
      ({ type, status: holds, observedGeneration }) =>
        type === "Accepted" && holds === "True" && observedGeneration === metadata.generation,
    ),
  ) ?? false;
