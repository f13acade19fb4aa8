import { digestOf } from "@sluice/core";
import type { KubeObject, Manifest } from "../client/kube.types.ts";
import { ANNOTATIONS } from "../names.ts";
import { differences } from "./difference.ts";

/** Objects that carry what was applied in an annotation of their own, so that whoever looks later knows what was wanted. */
export interface Recorded extends KubeObject {
  spec?: Record<string, unknown>;
}

/** The manifest with a note of itself. What is in no `spec` is known by its digest alone: nothing secret is repeated. */
export function recorded(manifest: Manifest, digest = digestOf(manifest)): Manifest {
  const { spec, metadata } = manifest;
  const note = spec === undefined ? {} : { [ANNOTATIONS.applied]: JSON.stringify(spec) };
  return {
    ...manifest,
    metadata: { ...metadata, annotations: { ...metadata.annotations, [ANNOTATIONS.digest]: digest, ...note } },
  };
}

export const digestOn = ({ metadata }: KubeObject): string | null => metadata.annotations?.[ANNOTATIONS.digest] ?? null;

/** The `spec` that was applied last; null when the object does not say. */
export function appliedTo({ metadata }: KubeObject): Record<string, unknown> | null {
  const note = metadata.annotations?.[ANNOTATIONS.applied];
  if (note === undefined) return null;
  try {
    const parsed: unknown = JSON.parse(note);
    return typeof parsed === "object" && parsed !== null ? { ...parsed } : null;
  } catch {
    // Somebody wrote into it: what was there is applied anew.
    return null;
  }
}

/** Where the object is not as it was applied. An unreadable note is a difference, too. */
export function driftOf(object: Recorded): string[] {
  if (object.spec === undefined) return [];
  const applied = appliedTo(object);
  return applied === null
    ? [`the annotation ${ANNOTATIONS.applied} cannot be read`]
    : differences(applied, object.spec, "spec");
}
