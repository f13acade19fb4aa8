import { KINDS, type Kind } from "./client/kinds.ts";
import type { Cluster } from "./cluster.ts";
import type { FencePlace, FenceRecord } from "./fence.ts";
import { deploymentName, LABELS, selectorOf } from "./names.ts";
import type { Cache } from "./watch/cache.types.ts";

/** Kinds that tell where a deployment has been, when its record was taken away. */
const TRACES: readonly Kind[] = [KINDS.deployment, KINDS.job];

/** Wherever the deployment has a record, or something that should have one. */
export function fencePlaces(cache: Cache, deployment: string): FencePlace[] {
  const objects = [
    ...recordsOf(cache, deployment),
    ...TRACES.flatMap((kind) => (cache.follows(kind) ? cache.list(kind, selectorOf(deployment)) : [])),
  ];
  const places = objects.map(({ metadata: { namespace = "", labels } }) => ({
    ...{ deployment, namespace },
    name: labels?.[LABELS.name] ?? deployment,
  }));
  return [...new Map(places.map((place) => [`${place.namespace}/${deploymentName(place)}`, place])).values()];
}

const recordsOf = (cache: Cache, deployment?: string): FenceRecord[] =>
  cache
    .list<FenceRecord>(KINDS.configMap, deployment === undefined ? {} : selectorOf(deployment))
    .filter(({ data, metadata }) => data?.fence !== undefined && metadata.labels?.[LABELS.revision] === undefined);

/** How long the fence of a deployment without objects is kept: as long as on a machine. */
const FORGET_AFTER_MS = 7 * 24 * 3_600_000;

/** Takes away the records of deployments that have been gone for long. */
export async function forgetOldFences({ cache, remove }: Cluster, now: number): Promise<void> {
  for (const { data, metadata } of recordsOf(cache)) {
    const { namespace = null, name, labels } = metadata;
    const deployment = labels?.[LABELS.deployment];
    if (deployment === undefined || now - Date.parse(data?.at ?? "") < FORGET_AFTER_MS) continue;
    const isHeld = [...TRACES, KINDS.pod].some(
      (kind) => cache.follows(kind) && cache.list(kind, selectorOf(deployment)).length > 0,
    );
    if (!isHeld) await remove({ kind: KINDS.configMap, namespace, name });
  }
}
