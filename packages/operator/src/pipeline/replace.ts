import type { Pod } from "./pipeline.types.ts";
import { digestOfPod, isPodReady } from "./status.ts";

/**
 * Names of pods to be deleted so that fresh ones take their place, where the cluster does not do it by itself: those that are
 * not up to date, as long as no more than `maxUnavailable` of `desired` are without a ready collector; those first that
 * are not ready anyway. A percentage is rounded up.
 */
export function podsToReplace(
  pods: readonly Pod[],
  { digest, desired, maxUnavailable }: { digest: string; desired: number; maxUnavailable: number | string },
): string[] {
  const living = pods.filter(({ metadata: { deletionTimestamp } }) => deletionTimestamp === undefined);
  const outdated = living.filter((pod) => digestOfPod(pod) !== digest);
  const unready = outdated.filter((pod) => !isPodReady(pod));
  const ready = living.filter(isPodReady).length;
  const allowed = Math.max(0, limitOf(maxUnavailable, desired) - Math.max(0, desired - ready));
  const next = outdated.filter(isPodReady).slice(0, allowed);
  return [...unready, ...next].map(({ metadata }) => metadata.name);
}

export const limitOf = (maxUnavailable: number | string, desired: number): number =>
  typeof maxUnavailable === "number"
    ? maxUnavailable
    : Math.max(1, Math.ceil((Number.parseInt(maxUnavailable, 10) / 100) * desired));
