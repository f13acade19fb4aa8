import type { KubeClient } from "../client/client.ts";
import { KINDS } from "../client/kinds.ts";
import type { KubeObject } from "../client/kube.types.ts";
import { LABELS } from "../names.ts";
import type { ObservedPod } from "../status/observed.types.ts";

/** What a kubelet says of the probes of pods that are not ready: it says so in Events alone. */
export interface ProbeWords {
  /** The last that was heard; asked for again while somebody wants to know. */
  of(pod: ObservedPod): string | null;
  close(): Promise<void>;
}

interface ProbeEvent extends KubeObject {
  reason?: string;
  message?: string;
  lastTimestamp?: string | null;
  eventTime?: string | null;
}

interface Asked {
  pod: ObservedPod;
  askedAt: number;
  lookedAt: number;
  words: string | null;
}

const TICK_MS = 1_000;
/** Between two looks at the events of one pod. */
const EVERY_MS = 2_000;
/** Nobody has asked for so long: nobody wants to know. */
const FORGET_MS = 30_000;
/** In one tick: a revision of many pods is known by a few of them. */
const MOST_LOOKS = 10;

export function createProbeWords({
  client,
  changed,
  clock,
}: {
  client: KubeClient;
  changed: (deployment: string) => void;
  clock: () => number;
}): ProbeWords {
  const asked = new Map<string, Asked>();
  let looking: Promise<void> | null = null;

  const look = async (entry: Asked): Promise<void> => {
    const { namespace = null, uid, labels } = entry.pod.metadata;
    entry.lookedAt = clock();
    const fieldSelector = `involvedObject.uid=${uid},reason=Unhealthy`;
    const { items } = await client.list<ProbeEvent>(KINDS.event, { namespace, fieldSelector });
    const last = items.toSorted((a, b) => timeOf(b) - timeOf(a))[0];
    const words = last?.message ?? null;
    if (words === entry.words) return;
    entry.words = words;
    changed(labels?.[LABELS.deployment] ?? "");
  };

  const tick = async (): Promise<void> => {
    const now = clock();
    for (const [uid, { askedAt }] of asked) if (now - askedAt > FORGET_MS) asked.delete(uid);
    const due = [...asked.values()].filter(({ lookedAt }) => now - lookedAt >= EVERY_MS).slice(0, MOST_LOOKS);
    // Without them there is less to read, and nothing else.
    await Promise.allSettled(due.map(look));
  };

  const timer = setInterval(() => {
    looking ??= tick().finally(() => {
      looking = null;
    });
  }, TICK_MS);

  return {
    of(pod) {
      const uid = pod.metadata.uid ?? "";
      const known = asked.get(uid) ?? { pod, askedAt: 0, lookedAt: 0, words: null };
      known.askedAt = clock();
      asked.set(uid, known);
      return known.words;
    },
    async close() {
      clearInterval(timer);
      await looking;
    },
  };
}

const timeOf = ({ lastTimestamp, eventTime, metadata }: ProbeEvent): number =>
  Date.parse(lastTimestamp ?? eventTime ?? metadata.creationTimestamp ?? "") || 0;
