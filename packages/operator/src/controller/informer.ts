import { setTimeout as delay } from "node:timers/promises";
import {
  createStore,
  type Kind,
  type KubeClient,
  type KubeObject,
  pathOf,
  type WatchEvent,
} from "@sluice/runtimes/kubernetes";

/** What the API server last said of all objects of a kind, or of those with certain labels. */
export interface Informer<T extends KubeObject> {
  readonly kind: Kind;
  items(): T[];
  get(namespace: string | undefined, name: string): T | null;
  /** What a write was answered with: it replaces what is older. */
  wrote(object: T): void;
  /** Called for every object that came, changed or went. */
  onChange(listener: (object: T) => void): void;
  /** Resolves with the first list. */
  readonly synced: Promise<void>;
  /** Follows the kind until the signal. What cannot be asked is asked again, ever more seldom. */
  run(signal: AbortSignal): Promise<void>;
}

interface Options {
  client: KubeClient;
  kind: Kind;
  /** Null: all. */
  namespace: string | null;
  labelSelector?: string;
  /** Told of each failure. */
  onTrouble?: (error: unknown) => void;
}

/** The server ends a watch after so long, and everything that was missed is seen with the next list of `RELIST_MS`. */
const WATCH_SECONDS = 240;
const RELIST_MS = 600_000;
const PAUSE = { firstMs: 200, mostMs: 30_000 };

export function createInformer<T extends KubeObject>(options: Options): Informer<T> {
  const { client, kind, namespace, labelSelector, onTrouble = () => undefined } = options;
  const store = createStore<T>();
  const listeners = new Set<(object: T) => void>();
  const synced = Promise.withResolvers<void>();
  const selector = labelSelector === undefined ? {} : { labelSelector };

  const tell = (object: T): void => {
    for (const listener of listeners) listener(object);
  };

  const keep = (object: T): void => {
    if (store.put(object)) tell(object);
  };

  const drop = (object: T): void => {
    if (store.drop(object)) tell(object);
  };

  const list = async (): Promise<string> => {
    const { metadata, items } = await client.list<T>(kind, { namespace, ...selector });
    for (const object of store.replace(items ?? [], metadata.resourceVersion, namespace)) tell(object);
    synced.resolve();
    return metadata.resourceVersion;
  };

  /** Follows what happens after `version` until the server ends it; answers where to go on, or null to list again. */
  const watch = async (version: string, signal: AbortSignal): Promise<string | null> => {
    const query = new URLSearchParams({
      watch: "true",
      allowWatchBookmarks: "true",
      resourceVersion: version,
      timeoutSeconds: String(WATCH_SECONDS),
      ...selector,
    });
    let last = version;
    for await (const event of eventsOf<T>(client, `${pathOf(kind, namespace)}?${query}`, signal)) {
      if (event.type === "ERROR") return null;
      if (event.type === "DELETED") drop(event.object);
      else if (event.type !== "BOOKMARK") keep(event.object);
      last = event.object.metadata.resourceVersion ?? last;
    }
    return last;
  };

  return {
    kind,
    synced: synced.promise,
    items: () => store.list(),
    get: (space = "", name) => store.get(space, name),
    wrote: keep,
    onChange: (listener) => void listeners.add(listener),
    async run(signal) {
      let version: string | null = null;
      let listedAt = 0;
      let pause = PAUSE.firstMs;
      while (!signal.aborted) {
        try {
          if (version === null || performance.now() - listedAt > RELIST_MS) {
            version = await list();
            listedAt = performance.now();
          }
          version = await watch(version, signal);
          pause = PAUSE.firstMs;
        } catch (error) {
          if (signal.aborted) return;
          // An expired version is found out here as well.
          version = null;
          onTrouble(error);
          await delay(pause * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => undefined);
          pause = Math.min(PAUSE.mostMs, pause * 2);
        }
      }
    },
  };
}

/** Longer than the server lets a watch be: one that says nothing for so long has lost its connection. */
const SILENT_MS = (WATCH_SECONDS + 30) * 1_000;

async function* eventsOf<T extends KubeObject>(
  client: KubeClient,
  path: string,
  signal: AbortSignal,
): AsyncGenerator<WatchEvent<T>> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(SILENT_MS)]);
  const response = await client.stream(path, { signal: limit });
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of response.body ?? []) {
    const lines = `${rest}${decoder.decode(chunk as Uint8Array, { stream: true })}`.split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line !== "") yield JSON.parse(line) as WatchEvent<T>;
  }
}
