/** What users of the program saw, by the version that answered. */
export interface Seen {
  requests: number;
  errors: number;
  /** Answers by version, as the program itself says. */
  versions: Map<string, number>;
  /** Milliseconds of every answer, in order of arrival. */
  latencies: number[];
}

const empty = (): Seen => ({ requests: 0, errors: 0, versions: new Map(), latencies: [] });

/**
 * Steady load on one address, open loop: a request every so often whether or not the last was answered, as users do.
 * Never more than `maxInFlight` at once.
 */
export class Load {
  #seen = empty();
  #inFlight = 0;
  #timer: NodeJS.Timeout | undefined;
  readonly #url: string;
  readonly #maxInFlight = 200;

  constructor(url: string) {
    this.#url = url;
  }

  start(requestsPerSecond: number): void {
    const everyMs = 20;
    let owed = 0;
    this.#timer = setInterval(() => {
      owed += (requestsPerSecond * everyMs) / 1_000;
      for (; owed >= 1; owed -= 1) void this.#send();
    }, everyMs);
  }

  /** What was seen since the last call. */
  take(): Seen {
    const seen = this.#seen;
    this.#seen = empty();
    return seen;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #send(): Promise<void> {
    if (this.#inFlight >= this.#maxInFlight) return;
    this.#inFlight += 1;
    const begun = performance.now();
    try {
      const response = await fetch(this.#url, { signal: AbortSignal.timeout(5_000) });
      const body = await response.text();
      this.#count(response.ok, versionIn(body), performance.now() - begun);
    } catch {
      this.#count(false, "none", performance.now() - begun);
    } finally {
      this.#inFlight -= 1;
    }
  }

  #count(ok: boolean, version: string, milliseconds: number): void {
    this.#seen.requests += 1;
    if (!ok) this.#seen.errors += 1;
    this.#seen.versions.set(version, (this.#seen.versions.get(version) ?? 0) + 1);
    this.#seen.latencies.push(milliseconds);
  }
}

const versionIn = (body: string): string => /"version":"([^"]+)"/.exec(body)?.[1] ?? "none";
