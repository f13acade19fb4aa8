import { FULL_WEIGHT, percentFromWeight, podsFor, type Split, sameSplit } from "@sluice/core";
import type { Condition, KubeObject } from "../../client/kube.types.ts";
import { LABELS } from "../../names.ts";

/** What a pod carries that is to answer while two revisions share the traffic. */
export const SERVING = "sluice.dev/serving";

/** The split that the Service was last told, so that whoever looks knows what is wanted of it. */
export const WISH = "sluice.dev/split";

export interface Pod extends KubeObject {
  status?: { conditions?: Condition[] };
}

export interface EndpointSlice extends KubeObject {
  endpoints?: { conditions?: { ready?: boolean }; targetRef?: { kind?: string; name?: string } }[];
}

export const revisionOfPod = ({ metadata }: KubeObject): number =>
  Number(metadata.labels?.[LABELS.revision] ?? Number.NaN);

export const isReady = ({ metadata, status }: Pod): boolean =>
  metadata.deletionTimestamp === undefined &&
  (status?.conditions ?? []).some(({ type, status: is }) => type === "Ready" && is === "True");

export const isServing = ({ metadata }: KubeObject): boolean => metadata.labels?.[SERVING] === "true";

const withShare = (split: Split): Split => split.filter(({ weight }) => weight > 0);

/** Which label tells the pods that answer: the revision's when there is one, else the one that chosen pods carry. */
export function selectorFor(split: Split): Record<string, string> {
  const [first, second] = withShare(split);
  return first !== undefined && second === undefined
    ? { [LABELS.revision]: String(first.revision) }
    : { [SERVING]: "true" };
}

/** Names of the pods that are to answer while revisions share the traffic; those that do already stay before others come. */
export function chosenPods(split: Split, pods: readonly Pod[]): Set<string> {
  const [stable, candidate] = withShare(split);
  if (stable === undefined || candidate === undefined) return new Set();
  const ready = (revision: number): string[] =>
    pods
      .filter((pod) => isReady(pod) && revisionOfPod(pod) === revision)
      .toSorted((left, right) => Number(isServing(right)) - Number(isServing(left)) || byName(left, right))
      .map(({ metadata }) => metadata.name);
  const [old, fresh] = [ready(stable.revision), ready(candidate.revision)];
  const counts = podsFor(candidate.weight, { stable: old.length, candidate: fresh.length });
  return new Set([...old.slice(0, counts.stable), ...fresh.slice(0, counts.candidate)]);
}

const byName = (left: KubeObject, right: KubeObject): number => (left.metadata.name < right.metadata.name ? -1 : 1);

/** What the ready endpoints of a Service deal: every one of them the same. Empty when there is none. */
export function splitOfEndpoints(slices: readonly EndpointSlice[], pods: readonly Pod[]): Split {
  const revisions = new Map(pods.map((pod) => [pod.metadata.name, revisionOfPod(pod)]));
  const counts = new Map<number, number>();
  for (const { conditions, targetRef } of slices.flatMap(({ endpoints }) => endpoints ?? [])) {
    const revision = revisions.get(targetRef?.name ?? "");
    if (conditions?.ready === false || revision === undefined) continue;
    counts.set(revision, (counts.get(revision) ?? 0) + 1);
  }
  const all = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const entries = [...counts].sort(([left], [right]) => left - right);
  return entries.map(([revision, count]) => ({ revision, weight: Math.round((count * FULL_WEIGHT) / all) }));
}

export const writeSplit = (split: Split): string =>
  JSON.stringify(withShare(split).map(({ revision, weight }) => [revision, weight]));

/** What `writeSplit` wrote; empty for anything else. */
export function readSplit(written: string | undefined): Split {
  try {
    const parsed: unknown = JSON.parse(written ?? "[]");
    return Array.isArray(parsed) ? parsed.flatMap(entryOf) : [];
  } catch {
    return [];
  }
}

const entryOf = (entry: unknown): { revision: number; weight: number }[] => {
  if (!Array.isArray(entry)) return [];
  const [revision, weight] = entry;
  return typeof revision === "number" && typeof weight === "number" ? [{ revision, weight }] : [];
};

/**
 * What of a wish can be dealt at all: while stable has no ready pod every caller comes to the candidate's, and a remedy is not to
 * wait for what it is to remedy (edge case 12). A candidate without one is different: it is to have nothing, and is told so.
 */
export function withinReach(wish: Split, pods: readonly Pod[]): Split {
  const [stable, candidate] = withShare(wish);
  if (stable === undefined || candidate === undefined) return wish;
  const has = ({ revision }: { revision: number }): boolean =>
    pods.some((pod) => isReady(pod) && revisionOfPod(pod) === revision);
  return !has(stable) && has(candidate) ? [{ revision: candidate.revision, weight: FULL_WEIGHT }] : wish;
}

/** A third of the pods is 33.33 %, and three thirds are not quite everything. */
const ROUNDING = 1;

/** Why the endpoints are not what was wished, or null. */
export function whyNotAsWished(wish: Split, dealt: Split): string | null {
  const near = wish.every(({ revision, weight }) => {
    const found = dealt.find((entry) => entry.revision === revision)?.weight ?? 0;
    return Math.abs(found - weight) <= ROUNDING;
  });
  if (near && dealt.every(({ revision }) => wish.some((entry) => entry.revision === revision))) return null;
  return sameSplit(wish, dealt) ? null : `the ready pods deal ${inWords(dealt)}, and ${inWords(wish)} is wished`;
}

const inWords = (split: Split): string =>
  split.length === 0
    ? "nothing"
    : split.map(({ revision, weight }) => `${percentFromWeight(weight)} % to revision ${revision}`).join(", ");
