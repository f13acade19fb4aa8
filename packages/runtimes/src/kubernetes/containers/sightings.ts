import type { Instant } from "@sluice/core";
import type { Variables } from "../../supervision/exit-reason.ts";
import type { RuntimeLogger } from "../../supervision/policy.ts";
import { KINDS } from "../client/kinds.ts";
import type { KubeObject } from "../client/kube.types.ts";
import type { Cluster } from "../cluster.ts";
import { ANNOTATIONS, LABELS } from "../names.ts";
import type { ObservedPod } from "../status/observed.types.ts";
import { conditionOf, containerStatusOf } from "../status/pod.status.ts";
import { createProbeWords } from "./probe.words.ts";

/**
 * What somebody who watches a cluster remembers of it, and what the API does not say at one look. All of it may be lost: then
 * less is known, and nothing is wrong.
 */
export interface Sightings {
  of(pod: ObservedPod): { wasReady: boolean; probeWords: string | null };
  /** The values that a revision's Secret was made of. */
  secrets(namespace: string, name: string, values: Readonly<Record<string, string>>): void;
  /** What must not be repeated of a revision's last words; null while that is not known. */
  variables(anchor: KubeObject | null): Variables | null;
  /** Differences that remain right after everything was applied: somebody in the cluster wants them so. They are told once. */
  accept(anchor: KubeObject, drift: readonly string[]): void;
  unaccepted(anchor: KubeObject, drift: readonly string[]): readonly string[];
  /** The status will be another one at that time, without any news. */
  due(deployment: string, at: Instant | null): void;
  close(): Promise<void>;
}

interface SightingsDeps {
  cluster: Cluster;
  changed: (deployment: string) => void;
  clock: () => number;
  logger: RuntimeLogger;
}

/** Longer than any timer of Node: looked at again then. */
const FARTHEST_MS = 3_600_000;

export function createSightings({ cluster: { client, cache }, changed, clock, logger }: SightingsDeps): Sightings {
  const ready = new Set<string>();
  const secrets = new Map<string, Record<string, string> | "asked">();
  const accepted = new Map<string, ReadonlySet<string>>();
  const timers = new Map<string, { at: Instant; timer: NodeJS.Timeout }>();
  const words = createProbeWords({ client, changed, clock });

  const stop = cache.onChange((kind, object) => {
    const { uid = "", namespace, name } = object.metadata;
    const isThere = cache.has(kind, object);
    if (kind === KINDS.pod) {
      if (!isThere) ready.delete(uid);
      else if (conditionOf((object as ObservedPod).status?.conditions, "Ready")?.status === "True") ready.add(uid);
    }
    if (kind === KINDS.secret && !isThere) secrets.delete(`${namespace}/${name}`);
    if (kind === KINDS.deployment && !isThere) accepted.delete(uid);
  });

  const lookUp = async (namespace: string, name: string, deployment: string): Promise<void> => {
    const key = `${namespace}/${name}`;
    secrets.set(key, "asked");
    try {
      const found = await client.get<KubeObject & { data?: Record<string, string> }>({
        kind: KINDS.secret,
        namespace,
        name,
      });
      const decoded = Object.entries(found?.data ?? {}).map(([field, value]) => [
        field,
        Buffer.from(value, "base64").toString(),
      ]);
      secrets.set(key, Object.fromEntries(decoded));
      changed(deployment);
    } catch (error) {
      secrets.delete(key);
      logger.warn({ err: error, namespace, name }, "what a program said last is kept back: its secrets cannot be read");
    }
  };

  return {
    of(pod) {
      const { uid = "", deletionTimestamp } = pod.metadata;
      const { started, state, ready: isReady } = containerStatusOf(pod) ?? {};
      const isAnswering = isReady === true || deletionTimestamp !== undefined;
      const probeWords = state?.running === undefined || isAnswering ? null : words.of(pod);
      return { wasReady: ready.has(uid) || started === true, probeWords };
    },
    secrets: (namespace, name, values) => void secrets.set(`${namespace}/${name}`, values),
    variables(anchor) {
      if (anchor === null) return null;
      const { namespace = "", name, labels, annotations } = anchor.metadata;
      const parts = (annotations?.[ANNOTATIONS.parts] ?? "").split(",");
      const env =
        cache.get<KubeObject & { data?: Record<string, string> }>(KINDS.configMap, namespace, name)?.data ?? {};
      if (!parts.includes(KINDS.secret.kind)) return { env };
      const known = secrets.get(`${namespace}/${name}`);
      if (known !== undefined && known !== "asked") return { env, secrets: known };
      if (known === undefined) void lookUp(namespace, name, labels?.[LABELS.deployment] ?? "");
      return null;
    },
    accept({ metadata: { uid = "", name, namespace } }, drift) {
      if (drift.length === 0) return;
      accepted.set(uid, new Set([...(accepted.get(uid) ?? []), ...drift]));
      logger.warn(
        { namespace, name, differences: drift },
        "the cluster keeps objects otherwise than they were applied",
      );
    },
    unaccepted({ metadata: { uid = "" } }, drift) {
      const known = accepted.get(uid);
      return known === undefined ? drift : drift.filter((text) => !known.has(text));
    },
    due(deployment, at) {
      const known = timers.get(deployment);
      if (at === null || (known !== undefined && known.at <= at)) return;
      clearTimeout(known?.timer);
      const wait = Math.min(FARTHEST_MS, Math.max(0, at - clock()));
      const timer = setTimeout(() => {
        timers.delete(deployment);
        changed(deployment);
      }, wait);
      timers.set(deployment, { at, timer });
    },
    async close() {
      stop();
      await words.close();
      for (const { timer } of timers.values()) clearTimeout(timer);
    },
  };
}
