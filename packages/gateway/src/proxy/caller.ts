/** What an exchange must know of a caller's request, whoever read it. */
export interface CallersRequest {
  readonly method?: string | undefined;
  /** Why the rest of it will not come. */
  readonly errored: Error | null;
  /** Whether all of it is here. */
  readonly complete: boolean;
}

/** Where an exchange writes the answer. The head is a flat list of names and values. */
export interface CallersResponse {
  readonly headersSent: boolean;
  readonly writableEnded: boolean;
  shouldKeepAlive: boolean;
  /** Throws when HTTP does not allow such a head. */
  sendHead(status: number, statusText: string, headers: string[]): unknown;
  flushHeaders(): void;
  /** False when the caller does not take more for now; `watchDrain` is the way to hear when it does. */
  write(chunk: Buffer): boolean;
  end(body?: Buffer): unknown;
  end(body: string, encoding: "latin1"): unknown;
  writeEarlyHints(hints: { link: string[] }): void;
  addTrailers(trailers: [string, string][]): void;
  /** Tells the exchange whenever the caller takes bytes again. */
  watchDrain(): void;
  destroy(): unknown;
}

/** What an exchange does with the connection that carries its request: undici's, or our own. */
export interface Controller {
  /** Gives the request up: its handler hears of `reason`, unless it has ended already. */
  abort(reason: Error): void;
  pause(): void;
  resume(): void;
}
