import type { ClusterAccess } from "../kubernetes/access.ts";
import type { KubeObject } from "../kubernetes/api.ts";

interface Route extends KubeObject {
  spec: { rules: { backendRefs: { name: string; weight: number }[] }[] };
}

/** What an HTTPRoute dealt at one time. */
export interface Split {
  /** By the last rule, which all callers meet whom no other rule takes. In hundredths of a percent; none of them 0. */
  weights: [revision: number, weight: number][];
  /** Revisions that the rules before it lead to: a preview, a pin. */
  asked: number[];
}

/** Everything that a namespace's one HTTPRoute ever dealt, in its order. */
export interface Splits extends AsyncDisposable {
  readonly all: readonly Split[];
  /** From here on; to be asked for later. */
  since(): () => Split[];
}

const revisionOf = (name: string): number => Number(name.split("-r").at(-1));

/** What the route deals as it is written. */
function splitOf({ spec: { rules } }: Route): Split {
  const weights = (rules.at(-1)?.backendRefs ?? [])
    .filter(({ weight }) => weight > 0)
    .map(({ name, weight }): [number, number] => [revisionOf(name), weight]);
  const asked = rules.slice(0, -1).flatMap(({ backendRefs }) => backendRefs.map(({ name }) => revisionOf(name)));
  return { weights, asked: [...new Set(asked)] };
}

/** The share of one revision, from one split to the next. */
export const sharesOf = (revision: number, splits: readonly Split[]): number[] =>
  splits.map(({ weights }) => weights.find(([number]) => number === revision)?.[1] ?? 0);

/** Watches the routes as the API server tells of them: no change between two looks is missed. */
export function followSplits({ api }: ClusterAccess, namespace: string): Splits {
  const all: Split[] = [];
  const ending = new AbortController();
  const path = `/apis/gateway.networking.k8s.io/v1/namespaces/${namespace}/httproutes`;
  const following = api.follow<Route>(path, ending.signal, ({ object }) => {
    const split = splitOf(object);
    if (JSON.stringify(split) !== JSON.stringify(all.at(-1))) all.push(split);
  });
  return {
    all,
    since() {
      // What is dealt at the moment is part of what comes: changes are told by it.
      const from = Math.max(0, all.length - 1);
      return () => all.slice(from);
    },
    async [Symbol.asyncDispose]() {
      ending.abort();
      await following;
    },
  };
}
