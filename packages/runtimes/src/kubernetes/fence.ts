import { SluiceError } from "@sluice/core";
import type { KubeClient, ObjectRef } from "./client/client.ts";
import { KINDS } from "./client/kinds.ts";
import type { KubeObject, Manifest } from "./client/kube.types.ts";
import { deploymentName, LABELS, labelValue, MANAGER, type Named } from "./names.ts";
import { refuseStranger } from "./ownership.ts";
import type { Cache } from "./watch/cache.types.ts";

/** The record of one deployment: outlives its revisions, so that nobody who was overtaken begins anew. */
export interface FenceRecord extends KubeObject {
  data?: { fence?: string; at?: string };
}

export interface FencePlace extends Named {
  /** For the label of a namespace that has to be made. */
  project?: string;
  namespace: string;
}

/** Others may write at the same moment; each of them makes the fence higher, so this ends soon. */
const ATTEMPTS = 10;

interface FenceDeps {
  client: KubeClient;
  cache: Cache;
  clock: () => number;
}

/**
 * Remembers the highest fence seen of a deployment, by compare and swap on a ConfigMap of its own.
 * Throws `aborted` when a higher one was seen: whoever asks has been overtaken.
 */
export async function raiseFence({ client, cache, clock }: FenceDeps, place: FencePlace, fence: number): Promise<void> {
  const kind = KINDS.configMap;
  const ref: ObjectRef = { kind, namespace: place.namespace, name: deploymentName(place) };
  // What is not known of is made: whoever has been there is told of then.
  let known = cache.get<FenceRecord>(kind, place.namespace, ref.name);
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    if (known !== null) refuseStranger(kind, known, place.deployment);
    const highest = Number(known?.data?.fence ?? -1);
    if (highest > fence) throw overtaken(place.deployment, fence, highest);
    if (highest === fence) return;
    const record = recordOf(place, fence, clock());
    try {
      const written =
        known === null
          ? await client.create<FenceRecord>(kind, record)
          : await client.replace<FenceRecord>(kind, withVersion(record, known));
      cache.wrote(kind, written);
      return;
    } catch (error) {
      // Somebody wrote it meanwhile, or took it away: what is there now decides.
      if (!(error instanceof SluiceError) || !["aborted", "already_exists", "not_found"].includes(error.code))
        throw error;
      const now = await client.get<FenceRecord>(ref);
      if (error.code === "not_found" && now === null && known === null) throw error;
      known = now;
    }
  }
  throw new SluiceError("aborted", `the fence of deployment ${place.deployment} is being changed by others`);
}

const overtaken = (deployment: string, fence: number, highest: number): SluiceError =>
  new SluiceError("aborted", `fence ${fence} of deployment ${deployment} is stale: ${highest} was seen`);

const recordOf = (place: FencePlace, fence: number, now: number): Manifest & { metadata: KubeObject["metadata"] } => ({
  ...{ apiVersion: "v1", kind: "ConfigMap" },
  metadata: {
    name: deploymentName(place),
    namespace: place.namespace,
    labels: {
      [LABELS.managedBy]: MANAGER,
      [LABELS.name]: labelValue(place.name),
      [LABELS.deployment]: labelValue(place.deployment),
    },
  },
  data: { fence: String(fence), at: new Date(now).toISOString() },
});

const withVersion = <T extends KubeObject>(record: T, { metadata: { resourceVersion, uid } }: KubeObject): T => ({
  ...record,
  metadata: {
    ...record.metadata,
    ...(resourceVersion !== undefined && { resourceVersion }),
    ...(uid !== undefined && { uid }),
  },
});
