import { SluiceError } from "@sluice/core";
import type { RuntimeLogger } from "../../supervision/policy.ts";
import type { KubeClient } from "../client/client.ts";
import type { Kind } from "../client/kinds.ts";
import type { KubeObject } from "../client/kube.types.ts";
import type { Cache } from "./cache.types.ts";
import { createReflector, type Reflector } from "./reflector.ts";
import { createStore, type Store } from "./store.ts";

export interface CacheOptions {
  client: KubeClient;
  /** Null: all of them, which takes a role in the whole cluster. */
  namespaces: readonly string[] | null;
  /** After so long without a watch, what was heard before is not worth an answer. */
  lostMs?: number;
  clock: () => number;
  logger: RuntimeLogger;
}

interface Followed {
  store: Store;
  reflectors: Reflector[];
  started: Promise<void>;
  isSynced: boolean;
}

const LOST_MS = 20_000;

export function createCache({
  client,
  namespaces,
  lostMs = LOST_MS,
  clock,
  logger,
}: CacheOptions): Cache & { close(): Promise<void> } {
  const kinds = new Map<string, Followed>();
  const listeners = new Set<(kind: Kind, object: KubeObject) => void>();

  const tell = (kind: Kind, object: KubeObject): void => {
    for (const listener of listeners) listener(kind, object);
  };

  const storeOf = (kind: Kind): Store => {
    const known = kinds.get(keyOf(kind));
    if (known?.isSynced !== true) throw unavailable(kind, "they have not been listed yet");
    const now = clock();
    for (const reflector of known.reflectors) {
      const lost = reflector.lost();
      if (lost !== null && now - lost.since > lostMs)
        throw unavailable(kind, `nothing was heard for ${seconds(now - lost.since)} s: ${lost.reason}`);
    }
    return known.store;
  };

  const begin = (kind: Kind): Followed => {
    const store = createStore();
    const reflectors = (namespaces ?? [null]).map((namespace) =>
      createReflector({ client, kind, namespace, store, clock, logger, changed: (object) => tell(kind, object) }),
    );
    const started = Promise.all(reflectors.map((reflector) => reflector.start())).then(() => {
      followed.isSynced = true;
    });
    const followed: Followed = { store, reflectors, started, isSynced: false };
    return followed;
  };

  return {
    get: <T extends KubeObject>(kind: Kind, namespace: string, name: string) =>
      storeOf(kind).get(namespace, name) as T | null,
    has(kind, { metadata: { uid, namespace = "", name } }) {
      const found = kinds.get(keyOf(kind))?.store.get(namespace, name);
      return found != null && found.metadata.uid === uid;
    },
    list: <T extends KubeObject>(kind: Kind, labels?: Record<string, string>) => storeOf(kind).list(labels) as T[],
    wrote(kind, object) {
      if (kinds.get(keyOf(kind))?.store.put(object) === true) tell(kind, object);
    },
    buried(kind, object) {
      if (kinds.get(keyOf(kind))?.store.bury(object) === true) tell(kind, object);
    },
    follows: (kind) => kinds.get(keyOf(kind))?.isSynced === true,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async follow(kind) {
      const key = keyOf(kind);
      const followed = kinds.get(key) ?? begin(kind);
      kinds.set(key, followed);
      try {
        await followed.started;
      } catch (error) {
        kinds.delete(key);
        await Promise.all(followed.reflectors.map((reflector) => reflector.close()));
        throw error;
      }
    },
    async close() {
      await Promise.all(
        [...kinds.values()].flatMap(({ reflectors }) => reflectors.map((reflector) => reflector.close())),
      );
    },
  };
}

const keyOf = ({ apiVersion, kind }: Kind): string => `${apiVersion} ${kind}`;
const seconds = (ms: number): number => Math.round(ms / 1_000);

const unavailable = (kind: Kind, why: string): SluiceError =>
  new SluiceError("unavailable", `what the cluster has of ${kind.plural} is not known: ${why}`);
