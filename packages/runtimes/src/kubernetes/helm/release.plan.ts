import { ANNOTATIONS } from "../names.ts";
import type { Release, ReleaseState } from "./helm.ts";

/** What is wanted of a release. */
export interface Wish {
  digest: string;
  replicas: number;
}

/** What helm is to do next. After `wait` one looks again; after `uninstall` and `rollback` too. */
export type Act =
  | { type: "install" }
  /** The values are others. */
  | { type: "upgrade" }
  /** Only the number of instances is another, or something that belongs to the release is not as it was made. */
  | { type: "adjust" }
  /** Takes back what was begun and never finished, or failed. */
  | { type: "uninstall" | "rollback"; because: string }
  /** Somebody else is at it. */
  | { type: "wait" }
  | { type: "done" };

/** What the cluster has of a release. */
export interface ReleaseObjects {
  /** Instances that it asks for; null: it does not say, or that is somebody else's to say. */
  replicas: number | null;
  /** Whether all that belongs to it is there, as far as anybody looked. */
  isWhole: boolean;
}

interface Found {
  release: Release | null;
  objects: ReleaseObjects;
  now: number;
  /**
   * Milliseconds after which whoever began an operation is dead: helm writes a release in seconds and never waits for pods.
   */
  patienceMs: number;
}

/**
 * How a release gets from what helm has of it to what is wanted.
 *
 * - **nothing**: it is installed.
 * - **deployed**: other values are an upgrade; another number of instances, or an object that is missing, keeps the values that are there.
 * - **pending**: whoever began it is waited for; one that was killed is taken back: an install by uninstalling, an upgrade by
 *   rolling back to what was deployed before.
 * - **failed**, **uninstalling**, anything else: it begins anew. A failed upgrade goes back first, so that nothing half-made serves.
 */
export function nextAct(wish: Wish, { release, objects, now, patienceMs }: Found): Act {
  if (release === null) return { type: "install" };
  const { state, version, since, labels } = release;
  const isFirst = version === 1;
  switch (state) {
    case "deployed":
      if (labels[ANNOTATIONS.digest] !== wish.digest) return { type: "upgrade" };
      return { type: isAsWanted(objects, wish) ? "done" : "adjust" };
    case "pending-install":
    case "pending-upgrade":
    case "pending-rollback": {
      if (now - since.getTime() < patienceMs) return { type: "wait" };
      const because = `${state} since ${since.toISOString()}, and nobody is at it any more`;
      return { type: takenBackBy(state, isFirst), because };
    }
    default:
      return { type: takenBackBy(state, isFirst), because: `it is ${state}` };
  }
}

const isAsWanted = ({ replicas, isWhole }: ReleaseObjects, wish: Wish): boolean =>
  isWhole && (replicas === null || replicas === wish.replicas);

function takenBackBy(state: ReleaseState, isFirst: boolean): "uninstall" | "rollback" {
  if (isFirst || state === "pending-install") return "uninstall";
  return state === "failed" || state.startsWith("pending") ? "rollback" : "uninstall";
}
