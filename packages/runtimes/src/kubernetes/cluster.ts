import { type Placement, SluiceError } from "@sluice/core";
import type { RuntimeLogger } from "../supervision/policy.ts";
import { ABSENT, createClient, type KubeClient, type ObjectRef } from "./client/client.ts";
import { isNotFound, toSluiceError } from "./client/failure.ts";
import { groupOf, KINDS, type Kind, nameOf } from "./client/kinds.ts";
import type { KubeObject, Manifest } from "./client/kube.types.ts";
import { type KubeconfigSource, loadKubeconfig } from "./client/kubeconfig.ts";
import { createMemory, type Remember } from "./client/memory.ts";
import { createTransport, type TransportOptions } from "./client/transport.ts";
import { type FencePlace, raiseFence } from "./fence.ts";
import { LABELS, MANAGER, namespaceOf } from "./names.ts";
import { refuseStranger } from "./ownership.ts";
import { createCache } from "./watch/cache.ts";
import type { Cache } from "./watch/cache.types.ts";

/** One cluster, reached by one context: what runtime, data planes and recipes share. */
export interface Cluster {
  /** Of the kubeconfig; for messages. */
  readonly context: string;
  readonly client: KubeClient;
  readonly cache: Cache;
  /** Namespaces that may be looked at; null: all of them. */
  readonly namespaces: readonly string[] | null;
  /** The target's, else the project's name. */
  namespaceOf(placement: Placement): string;
  /**
   * Server-side apply of an object of ours, with its labels; the answer is in the cache. The namespace is made when it is missing.
   * Throws `failed_precondition` when an object of that name is somebody else's, naming who manages it; `unavailable` while
   * one of that name is still on its way out.
   */
  put<T extends KubeObject>(kind: Kind, manifest: Manifest): Promise<T>;
  /** Removes an object of ours; one that is somebody else's stays. */
  remove(ref: ObjectRef): Promise<void>;
  /** Remembers the highest fence of the deployment, in the cluster. Throws `aborted` when a higher one was seen. */
  fence(place: FencePlace, fence: number): Promise<void>;
  /** Whether the API server has the kind: custom resources may be missing. Asked once a minute at most. */
  serves(kind: Kind): Promise<boolean>;
  /** For answers of this cluster that need not be asked for again at once. */
  readonly remember: Remember;
  close(): Promise<void>;
}

export interface ClusterOptions extends KubeconfigSource, Omit<TransportOptions, "config"> {
  /** Default: all of them. */
  namespaces?: Cluster["namespaces"];
  /** After so long without a watch, what is known is not worth an answer. */
  lostMs?: number;
  clock?: () => number;
  logger: RuntimeLogger;
}

const SERVED_MS = 60_000;

/** Reads the credentials. Nothing is asked of the cluster yet. Throws `failed_precondition` for a kubeconfig that cannot be used. */
export function createCluster(options: ClusterOptions): Cluster {
  const { namespaces = null, clock = Date.now, logger } = options;
  const config = loadKubeconfig(options);
  const client = createClient(createTransport({ ...options, config }));
  const lost = options.lostMs === undefined ? {} : { lostMs: options.lostMs };
  const cache = createCache({ client, namespaces, clock, logger, ...lost });
  const remember = createMemory(clock);

  const makeNamespace = async (name: string, labels: Readonly<Record<string, string>>): Promise<void> => {
    const project = labels[LABELS.project];
    const own = { [LABELS.managedBy]: MANAGER, ...(project !== undefined && { [LABELS.project]: project }) };
    try {
      await client.create(KINDS.namespace, { apiVersion: "v1", kind: "Namespace", metadata: { name, labels: own } });
      logger.info({ namespace: name }, "made a namespace");
    } catch (error) {
      if (!(error instanceof SluiceError) || error.code !== "already_exists") throw error;
    }
  };

  /** As it is followed: null for what is not there, and for what is somebody else's. */
  const followed = (kind: Kind, namespace: string | null, name: string): KubeObject | null =>
    namespace !== null && cache.follows(kind) ? cache.get(kind, namespace, name) : null;

  const apply = async <T extends KubeObject>(kind: Kind, manifest: Manifest): Promise<T> => {
    const { namespace = null, labels = {} } = manifest.metadata;
    return client.apply<T>(kind, manifest).catch(async (error: unknown) => {
      if (namespace === null || !lacksNamespace(error, namespace)) throw error;
      await makeNamespace(namespace, labels);
      return client.apply<T>(kind, manifest);
    });
  };

  /** Null when something of that name is there already, whosever it is. */
  const applyNew = async <T extends KubeObject>(kind: Kind, manifest: Manifest): Promise<T | null> => {
    const metadata = { resourceVersion: ABSENT, ...manifest.metadata };
    return apply<T>(kind, { ...manifest, metadata }).catch((error: unknown) => {
      if (error instanceof SluiceError && error.code === "aborted") return null;
      throw error;
    });
  };

  const put = async <T extends KubeObject>(kind: Kind, manifest: Manifest): Promise<T> => {
    const { name, namespace = null, labels = {} } = manifest.metadata;
    const own = { ...manifest, metadata: { ...manifest.metadata, labels: { ...labels, [LABELS.managedBy]: MANAGER } } };
    let known = followed(kind, namespace, name);
    let applied = known === null && cache.follows(kind) ? await applyNew<T>(kind, own) : null;
    if (applied === null) {
      known ??= await client.get({ kind, namespace, name });
      if (known !== null) {
        refuseStranger(kind, known, labels[LABELS.deployment]);
        if (known.metadata.deletionTimestamp !== undefined)
          throw new SluiceError("unavailable", `${nameOf(kind, namespace, name)}: is still being deleted`);
      }
      applied = await apply<T>(kind, own);
    }
    cache.wrote(kind, applied);
    return applied;
  };

  return {
    context: config.getCurrentContext(),
    client,
    cache,
    namespaces,
    namespaceOf,
    put,
    async remove(ref) {
      const known = followed(ref.kind, ref.namespace, ref.name) ?? (await client.get(ref));
      if (known === null) return;
      refuseStranger(ref.kind, known);
      const { uid } = known.metadata;
      await client.remove(ref, uid === undefined ? {} : { uid });
    },
    async fence(place, fence) {
      await raiseFence({ client, cache, clock }, place, fence).catch(async (error: unknown) => {
        if (!lacksNamespace(error, place.namespace)) throw error;
        await makeNamespace(place.namespace, place.project === undefined ? {} : { [LABELS.project]: place.project });
        await raiseFence({ client, cache, clock }, place, fence);
      });
    },
    serves: (kind) => remember(`${kind.apiVersion} ${kind.kind}`, SERVED_MS, () => isServed(client, kind)),
    remember,
    close: () => cache.close(),
  };
}

/** What the API server says of a namespace that is not there. */
const lacksNamespace = (error: unknown, namespace: string): boolean =>
  error instanceof SluiceError &&
  error.code === "not_found" &&
  error.message.includes(`namespaces "${namespace}" not found`);

async function isServed(client: KubeClient, kind: Kind): Promise<boolean> {
  const path = groupOf(kind) === "" ? `/api/${kind.apiVersion}` : `/apis/${kind.apiVersion}`;
  try {
    const { resources } = await client.json<{ resources: { name: string }[] }>(path);
    return resources.some(({ name }) => name === kind.plural);
  } catch (error) {
    if (isNotFound(error)) return false;
    throw toSluiceError(error, path);
  }
}
