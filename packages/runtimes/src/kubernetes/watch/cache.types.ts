import type { Kind } from "../client/kinds.ts";
import type { KubeObject } from "../client/kube.types.ts";

/**
 * What the API server last said of every object that is ours, kept by watches. Reads cost nothing, and never answer with
 * less than this process has written itself.
 */
export interface Cache {
  /** Throws `unavailable`, saying why, while the kind was never listed or its watch has been lost for long. */
  get<T extends KubeObject>(kind: Kind, namespace: string, name: string): T | null;
  /** Whether this very object is there, as far as was ever heard. Never throws. */
  has(kind: Kind, object: KubeObject): boolean;
  /** Those with all of the labels. Throws as `get`. */
  list<T extends KubeObject>(kind: Kind, labels?: Record<string, string>): T[];
  /** What a write was answered with: newer than what the watch has brought so far, it replaces it. */
  wrote(kind: Kind, object: KubeObject): void;
  /** An object was told to go: it is forgotten, whatever the watch still says of it. */
  buried(kind: Kind, object: KubeObject): void;
  /** Whether the kind is followed and was listed. */
  follows(kind: Kind): boolean;
  /** An object of the kind came, changed, or went. Returns how to stop listening. */
  onChange(listener: (kind: Kind, object: KubeObject) => void): () => void;
  /** Follows one more kind of our objects from now on; resolves with the first list, and throws when there can be none. Once is enough. */
  follow(kind: Kind): Promise<void>;
}
