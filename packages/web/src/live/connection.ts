/** How the page hears of what happens. */
export type Connection =
  /** For the first time. */
  | { state: "connecting" }
  | { state: "live" }
  /** Since when (ms since 1970); it is tried again by itself. */
  | { state: "lost"; since: number };

export interface ConnectionStore {
  get(): Connection;
  set(next: Connection["state"], now: number): void;
  subscribe(listener: () => void): () => void;
}

/** What is shown of the connection. A loss keeps the moment it began at, however often it is tried again. */
export function createConnectionStore(): ConnectionStore {
  let current: Connection = { state: "connecting" };
  const listeners = new Set<() => void>();
  return {
    get: () => current,
    set(state, now) {
      if (state === current.state) return;
      current = state === "lost" ? { state, since: now } : { state };
      for (const listener of listeners) listener();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
