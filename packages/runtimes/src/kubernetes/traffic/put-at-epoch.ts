import { SluiceError } from "@sluice/core";
import { ABSENT } from "../client/client.ts";
import { type Kind, nameOf } from "../client/kinds.ts";
import type { KubeObject, Manifest } from "../client/kube.types.ts";
import type { Cluster } from "../cluster.ts";
import { ANNOTATIONS } from "../names.ts";
import { refuseStranger } from "../ownership.ts";
import { covers } from "./covers.ts";

/** Whoever writes a status changes the version of the whole object; that happens a few times in a row, not for ever. */
const ATTEMPTS = 8;

/** The epoch that an object was written at; null when it carries none. */
export function epochOf({ metadata }: KubeObject): number | null {
  const written = metadata.annotations?.[ANNOTATIONS.epoch];
  return written === undefined || !/^\d+$/.test(written) ? null : Number(written);
}

/**
 * Applies a manifest unless the object is as it is wanted already, by compare and swap: an object with a newer epoch is left alone
 * (`aborted`). A newer epoch is written also where nothing else is new: what an overtaken server has still under way, from an epoch
 * between the two, is to find it. Answers whether anything was written.
 */
export async function putAtEpoch(cluster: Cluster, kind: Kind, manifest: Manifest, epoch: number): Promise<boolean> {
  const { name, namespace = "" } = manifest.metadata;
  const at = nameOf(kind, namespace, name);
  let known = cluster.cache.get(kind, namespace, name);
  for (let attempt = 1; ; attempt += 1) {
    if (known !== null) {
      refuseStranger(kind, known);
      const newer = epochOf(known) ?? 0;
      if (newer > epoch) throw new SluiceError("aborted", `${at}: epoch ${epoch} is older than ${newer}`);
      if (newer === epoch && isAsWanted(known, manifest)) return false;
    }
    try {
      await cluster.put(kind, stamped(manifest, epoch, known));
      return true;
    } catch (error) {
      if (!(error instanceof SluiceError) || error.code !== "aborted" || attempt === ATTEMPTS) throw error;
      known = await cluster.client.get({ kind, namespace, name });
    }
  }
}

const isAsWanted = (known: KubeObject, { metadata, apiVersion: _, kind: __, ...wanted }: Manifest): boolean =>
  known.metadata.deletionTimestamp === undefined &&
  covers(known, wanted) &&
  covers(known.metadata, { labels: metadata.labels, annotations: metadata.annotations });

function stamped(manifest: Manifest, epoch: number, known: KubeObject | null): Manifest {
  const { metadata } = manifest;
  // What is not known of may be there nevertheless, at a newer epoch.
  const version = known === null ? ABSENT : known.metadata.resourceVersion;
  return {
    ...manifest,
    metadata: {
      ...metadata,
      annotations: { ...metadata.annotations, [ANNOTATIONS.epoch]: String(epoch) },
      ...(version !== undefined && { resourceVersion: version }),
    },
  };
}
