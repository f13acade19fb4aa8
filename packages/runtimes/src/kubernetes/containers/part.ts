import { KINDS } from "../client/kinds.ts";
import type { OwnerReference } from "../client/kube.types.ts";
import type { Cluster } from "../cluster.ts";
import { digestOn, driftOf, recorded } from "../objects/record.ts";
import type { Part } from "../objects/revision.ts";

/** Written once: another content is another object. */
const isImmutable = ({ kind }: Part): boolean => kind === KINDS.configMap || kind === KINDS.secret;

/** Brings one object of a revision to what is wanted, owned by its anchor; asks for nothing when it is so already. */
export async function applyPart({ cache, client, put }: Cluster, part: Part, owner: OwnerReference): Promise<void> {
  const { kind } = part;
  const manifest = recorded(part.manifest);
  const { name, namespace = "" } = manifest.metadata;
  const live = cache.get(kind, namespace, name);
  const isSame = live !== null && digestOn(live) === digestOn(manifest);
  const isOwned = live?.metadata.ownerReferences?.some(({ uid }) => uid === owner.uid) === true;
  if (isSame && isOwned && driftOf(live).length === 0) return;
  if (live !== null && !isSame && isImmutable(part)) {
    const { uid } = live.metadata;
    await client.remove({ kind, namespace, name }, uid === undefined ? {} : { uid });
    cache.buried(kind, live);
  }
  await put(kind, { ...manifest, metadata: { ...manifest.metadata, ownerReferences: [owner] } });
}
