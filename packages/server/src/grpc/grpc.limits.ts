import { SluiceError } from "@sluice/core";

/** Failed attempts to authenticate that one address may make in a minute. */
const FAILED_LOGINS = 30;
const MINUTE = 60_000;

/** Callers that are remembered; more than these in a minute share what is left of it. */
const MOST_CALLERS = 10_000;

/** Counts by name in windows of a minute. */
class Window {
  readonly #counts = new Map<string, number>();
  readonly #now: () => number;
  #began: number;

  constructor(now: () => number) {
    this.#now = now;
    this.#began = now();
  }

  count(name: string, by: number): number {
    if (this.#now() - this.#began >= MINUTE) {
      this.#counts.clear();
      this.#began = this.#now();
    }
    const key = this.#counts.has(name) || this.#counts.size < MOST_CALLERS ? name : "";
    const count = (this.#counts.get(key) ?? 0) + by;
    this.#counts.set(key, count);
    return count;
  }
}

export interface GrpcLimits {
  /** Throws `resource_exhausted` for a caller that asks too often, or an address that guesses tokens. */
  take(caller: { address: string; authorization: string | undefined }): void;
  /** An attempt to authenticate failed. */
  failed(address: string): void;
}

/** The same limits as over HTTP: requests a minute for each token, or for each address without one. */
export function createLimits(max: number, now: () => number): GrpcLimits {
  const calls = new Window(now);
  const failures = new Window(now);
  return {
    take({ address, authorization }) {
      if (failures.count(address, 0) >= FAILED_LOGINS) {
        throw new SluiceError("resource_exhausted", "too many failed attempts to authenticate from this address");
      }
      if (calls.count(authorization ?? address, 1) > max) {
        throw new SluiceError("resource_exhausted", `more than ${max} calls in a minute; come back in one`);
      }
    },
    failed: (address) => void failures.count(address, 1),
  };
}
