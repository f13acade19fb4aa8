import type { KubeObject } from "../client/kube.types.ts";
import { LABELS } from "../names.ts";

/** Objects of one kind, as last heard of. Whatever comes late, by a slow watch or after a write of ours, changes nothing. */
export interface Store<T extends KubeObject = KubeObject> {
  get(namespace: string, name: string): T | null;
  list(labels?: Readonly<Record<string, string>>): T[];
  /** Answers whether it was news. */
  put(object: T): boolean;
  /** It went: the answer to a write that comes after that does not bring it back. Answers whether it was there. */
  drop(object: T): boolean;
  /** It was told to go and is as good as gone: what is heard of it from now on does not bring it back. */
  bury(object: T): boolean;
  /** Everything there was at a version, in one namespace or (null) in all. Answers what changed by it. */
  replace(objects: readonly T[], version: string, namespace: string | null): T[];
}

/** How many of those that went are remembered: answers to writes are late by moments. */
const REMEMBERED = 1_000;

export function createStore<T extends KubeObject = KubeObject>(): Store<T> {
  const objects = new Map<string, T>();
  const byDeployment = new Map<string, Set<string>>();
  const buried = new Set<string>();
  const gone = new Set<string>();

  const set = (key: string, object: T): void => {
    unset(key);
    objects.set(key, object);
    const deployment = deploymentOf(object);
    if (deployment === null) return;
    const keys = byDeployment.get(deployment) ?? new Set<string>();
    byDeployment.set(deployment, keys.add(key));
  };

  const unset = (key: string): boolean => {
    const known = objects.get(key);
    if (known === undefined) return false;
    objects.delete(key);
    const deployment = deploymentOf(known);
    const keys = deployment === null ? undefined : byDeployment.get(deployment);
    keys?.delete(key);
    if (deployment !== null && keys?.size === 0) byDeployment.delete(deployment);
    return true;
  };

  const put = (object: T): boolean => {
    const key = keyOf(object);
    const known = objects.get(key);
    if (isBuried(object) || (known !== undefined && !isNewer(object, known.metadata.resourceVersion))) return false;
    set(key, object);
    return true;
  };

  const drop = (object: T): boolean => {
    const { uid } = object.metadata;
    if (uid !== undefined) forget(uid);
    const known = objects.get(keyOf(object));
    // One of the same name may have come after it.
    return known !== undefined && known.metadata.uid === uid && unset(keyOf(object));
  };

  const forget = (uid: string): void => {
    buried.delete(uid);
    gone.add(uid);
    const [oldest = uid] = gone;
    if (gone.size > REMEMBERED) gone.delete(oldest);
  };

  const isBuried = ({ metadata: { uid } }: T): boolean => uid !== undefined && (buried.has(uid) || gone.has(uid));

  return {
    get: (namespace, name) => objects.get(`${namespace}/${name}`) ?? null,
    list(labels = {}) {
      const wanted = Object.entries(labels);
      const deployment = labels[LABELS.deployment];
      const among = deployment === undefined ? objects.values() : indexed(objects, byDeployment.get(deployment));
      return [...among].filter(({ metadata }) => wanted.every(([name, value]) => metadata.labels?.[name] === value));
    },
    put,
    drop,
    bury(object) {
      const { uid } = object.metadata;
      const known = objects.get(keyOf(object));
      if (known === undefined || known.metadata.uid !== uid) return false;
      if (uid !== undefined) buried.add(uid);
      return unset(keyOf(object));
    },
    replace(list, version, namespace) {
      const present = new Set(list.map(keyOf));
      const uids = new Set(list.map(({ metadata }) => metadata.uid));
      for (const uid of buried) if (!uids.has(uid)) buried.delete(uid);
      const missing = [...objects].filter(
        ([key, known]) =>
          !present.has(key) &&
          (namespace === null || known.metadata.namespace === namespace) &&
          // Written by ourselves after the list was made.
          !isNewer(known, version),
      );
      for (const [, object] of missing) drop(object);
      return [...missing.map(([, object]) => object), ...list.filter(put)];
    },
  };
}

function* indexed<T>(objects: ReadonlyMap<string, T>, keys: Iterable<string> = []): Generator<T> {
  for (const key of keys) {
    const object = objects.get(key);
    if (object !== undefined) yield object;
  }
}

const keyOf = ({ metadata }: KubeObject): string => `${metadata.namespace ?? ""}/${metadata.name}`;
const deploymentOf = ({ metadata }: KubeObject): string | null => metadata.labels?.[LABELS.deployment] ?? null;

/** Versions of one kind are numbers that grow; where a server has others, what comes last is the newest. */
function isNewer({ metadata: { resourceVersion } }: KubeObject, than: string | undefined): boolean {
  if (resourceVersion === undefined || than === undefined) return true;
  if (!/^\d+$/.test(resourceVersion) || !/^\d+$/.test(than)) return resourceVersion !== than;
  return BigInt(resourceVersion) > BigInt(than);
}
