import { setTimeout as delay } from "node:timers/promises";
import type { RuntimeLogger } from "../../supervision/policy.ts";
import type { KubeClient } from "../client/client.ts";
import { ApiFailure, isGone, toSluiceError } from "../client/failure.ts";
import { type Kind, pathOf } from "../client/kinds.ts";
import type { KubeObject, WatchEvent } from "../client/kube.types.ts";
import { OURS } from "../names.ts";
import type { Store } from "./store.ts";

/** Keeps the store of one kind as the API server has it, in one namespace or (null) in all. */
export interface Reflector {
  /** Resolves with the first list; throws when it cannot be had. Then it goes on by itself until it is closed. */
  start(): Promise<void>;
  /** Since when nothing is heard, and why; null while the watch is open. */
  lost(): { since: number; reason: string } | null;
  close(): Promise<void>;
}

export interface ReflectorOptions {
  client: KubeClient;
  kind: Kind;
  namespace: string | null;
  store: Store;
  changed: (object: KubeObject) => void;
  clock: () => number;
  logger: RuntimeLogger;
}

/** The server ends a watch after so long, and another goes on where it was. */
const WATCH_SECONDS = 240;
/** Bookmarks come about once a minute: a watch that says nothing for longer is not heard any more. */
const SILENCE_MS = 150_000;
/** A list now and then, in case a watch has kept something back. */
const RELIST_MS = 10 * 60_000;
const BACKOFF = { firstMs: 200, mostMs: 10_000 };

/** Names and labels are all that is kept of Secrets. */
const isConfidential = ({ kind }: Kind): boolean => kind === "Secret";

export function createReflector({
  client,
  kind,
  namespace,
  store,
  changed,
  clock,
  logger,
}: ReflectorOptions): Reflector {
  const closed = new AbortController();
  let lost: { since: number; reason: string } | null = { since: clock(), reason: "not listed yet" };
  let running: Promise<void> = Promise.resolve();
  const metadataOnly = isConfidential(kind);

  const list = async (): Promise<string> => {
    const { items, metadata } = await client.list(kind, { namespace, labelSelector: OURS, metadataOnly });
    for (const object of store.replace(items.map(lean), metadata.resourceVersion, namespace)) changed(object);
    return metadata.resourceVersion;
  };

  const fold = (event: WatchEvent<KubeObject>): string => {
    if (event.type === "ERROR") throw new ApiFailure(event.object.code ?? 500, event.object);
    if (event.type !== "BOOKMARK") {
      const object = lean(event.object);
      if (event.type === "DELETED" ? store.drop(object) : store.put(object)) changed(object);
    }
    return event.object.metadata.resourceVersion ?? "";
  };

  /** Follows from a version on until the watch ends; answers where it came to. */
  const watch = async (from: string): Promise<string> => {
    const silent = new AbortController();
    const fuse = setTimeout(() => silent.abort(), SILENCE_MS);
    let version = from;
    try {
      const query = new URLSearchParams({
        ...{ watch: "true", allowWatchBookmarks: "true", labelSelector: OURS, resourceVersion: from },
        timeoutSeconds: String(WATCH_SECONDS),
      });
      const response = await client.stream(`${pathOf(kind, namespace)}?${query}`, {
        signal: AbortSignal.any([closed.signal, silent.signal]),
        ...(metadataOnly && { accept: "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1" }),
      });
      if (lost !== null) logger.info({ kind: kind.kind, namespace }, "following the cluster's objects");
      lost = null;
      for await (const line of lines(response.body)) {
        fuse.refresh();
        version = fold(JSON.parse(line) as WatchEvent<KubeObject>);
      }
      return version;
    } catch (error) {
      // What was heard until then has been taken in.
      if (closed.signal.aborted || isGone(error)) throw error;
      throw new Interrupted(version, error);
    } finally {
      clearTimeout(fuse);
    }
  };

  const follow = async (first: string): Promise<void> => {
    let version: string | null = first;
    let listedAt = clock();
    let failures = 0;
    while (!closed.signal.aborted) {
      try {
        if (version === null || clock() - listedAt > RELIST_MS) {
          version = await list();
          listedAt = clock();
        }
        version = await watch(version);
        failures = 0;
      } catch (error) {
        if (closed.signal.aborted) return;
        version = error instanceof Interrupted ? error.version : null;
        const cause = error instanceof Interrupted ? error.cause : error;
        failures += 1;
        // A version that is too old is nobody's fault: the list is made at once. Who says so again has another reason.
        if (isGone(cause) && failures === 1) continue;
        const { message } = toSluiceError(cause, `the watch of ${kind.plural}`);
        if (lost === null)
          logger.warn(
            { kind: kind.kind, namespace, reason: message },
            "the cluster's objects are not followed; trying again",
          );
        lost = { since: lost?.since ?? clock(), reason: message };
        const wait = Math.min(BACKOFF.mostMs, BACKOFF.firstMs * 2 ** Math.min(failures - 1, 10));
        await delay(wait * (0.5 + Math.random() / 2), undefined, { signal: closed.signal }).catch(() => undefined);
      }
    }
  };

  return {
    async start() {
      running = follow(await list());
    },
    lost: () => lost,
    async close() {
      closed.abort();
      await running;
    },
  };
}

/** A watch that broke, and how far it had come. */
class Interrupted extends Error {
  readonly version: string;
  constructor(version: string, cause: unknown) {
    super("the watch broke", { cause });
    this.version = version;
  }
}

async function* lines(body: AsyncIterable<Uint8Array> | null): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of body ?? []) {
    const parts = `${rest}${decoder.decode(chunk, { stream: true })}`.split("\n");
    rest = parts.pop() ?? "";
    for (const line of parts) if (line !== "") yield line;
  }
}

/** Without who set which field: that is a third of an object, and the API server's business. */
function lean<T extends KubeObject>(object: T): T {
  if (!("managedFields" in object.metadata)) return object;
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}
