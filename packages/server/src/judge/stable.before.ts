import type { ArmState, Rollout, RouteObservation } from "@sluice/core";

/**
 * What stable did before: all that the gateway counted of it since it first saw it, without what the guard has counted in the
 * rollout, which the judge learns by itself. The gateway does not tell old requests from recent ones. Null when it knows of none.
 */
export function stableBefore(
  route: RouteObservation | null,
  { id, fromRevision }: Pick<Rollout, "id" | "fromRevision">,
): ArmState | null {
  const stats = route?.stats.find(({ revision }) => revision === fromRevision);
  if (route === null || stats === undefined) return null;
  const since = route.counts?.hypothesis === id ? route.counts.stable : null;
  const requests = Math.max(0, stats.requests - (since?.requests ?? 0));
  if (requests === 0) return null;
  const errors = Math.min(requests, Math.max(0, stats.errors - (since?.errors ?? 0)));
  const known = new Map(since?.latency);
  const latency = stats.latency.map(([bin, count]): [number, number] => [
    bin,
    Math.max(0, count - (known.get(bin) ?? 0)),
  ]);
  return { requests, errors, warming: 0, latency: slowest(latency, requests - errors) };
}

/**
 * The slowest `most` of these. The gateway times answers that were errors, or have only begun, like all others; nobody knows
 * which those are, and stable's fastest are left out for them, to the candidate's benefit.
 */
function slowest(latency: readonly [bin: number, count: number][], most: number): [number, number][] {
  let excess = latency.reduce((sum, [, count]) => sum + count, 0) - most;
  return latency
    .toSorted(([left], [right]) => left - right)
    .flatMap(([bin, count]): [number, number][] => {
      const left = count - Math.max(0, Math.min(count, excess));
      excess -= count - left;
      return left > 0 ? [[bin, left]] : [];
    });
}
