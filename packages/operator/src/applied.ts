import { digestOf } from "@sluice/core";
import type { KubeObject, Manifest } from "@sluice/runtimes/kubernetes";

/** What this process has applied: an object that nobody has changed since need not be applied again. */
export interface Applied {
  /** Whether the object is as it was after the same manifest was applied. Forgotten with the process: then all is applied once. */
  holds(object: KubeObject, manifest: Manifest): boolean;
  note(object: KubeObject, manifest: Manifest): void;
}

interface Note {
  manifest: string;
  after: string;
}

export function createApplied(): Applied {
  const notes = new Map<string, Note>();
  return {
    holds(object, manifest) {
      const note = notes.get(object.metadata.uid ?? "");
      return note !== undefined && note.manifest === digestOf(manifest) && note.after === stateOf(object);
    },
    note(object, manifest) {
      // What went long ago is not worth a place.
      if (notes.size > MOST) notes.clear();
      notes.set(object.metadata.uid ?? "", { manifest: digestOf(manifest), after: stateOf(object) });
    },
  };
}

const MOST = 10_000;

/** Everything but what the cluster itself reports. Specs count their changes; objects without one are short. */
function stateOf({ metadata, ...rest }: KubeObject): string {
  const { generation, labels = {}, annotations = {}, ownerReferences = [] } = metadata;
  const data = "data" in rest ? rest.data : null;
  return digestOf(
    JSON.parse(JSON.stringify({ generation: generation ?? 0, labels, annotations, ownerReferences, data })),
  );
}
