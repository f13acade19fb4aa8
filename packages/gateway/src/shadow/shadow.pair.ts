import type { IncomingHttpHeaders } from "node:http";
import { COMPARED_BODY_BYTES } from "./body.difference.ts";

/** Whom a pair tells that it is whole, or that it never will be. Each is called at most once. */
export interface PairOwner {
  settle(pair: ShadowPair): void;
  drop(pair: ShadowPair): void;
}

/** One of the two answers of a pair, as it comes in. */
export class PairSide {
  readonly #pair: ShadowPair;
  readonly #keeps: boolean;
  status = 0;
  latencyMs = 0;
  encoding = "";
  /** The body so far; null when it is not compared. */
  chunks: Buffer[] | null;
  ended = false;
  #length = 0;

  constructor(pair: ShadowPair, keepsBodies: boolean) {
    this.#pair = pair;
    this.#keeps = keepsBodies;
    this.chunks = keepsBodies ? [] : null;
  }

  /** Whether there was a body to compare that could not be: too long, or a stream without an end. */
  get skipped(): boolean {
    return this.#keeps && this.chunks === null;
  }

  head(status: number, latencyMs: number, headers: IncomingHttpHeaders): void {
    this.status = status;
    this.latencyMs = latencyMs;
    if (this.chunks === null) return;
    this.encoding = String(headers["content-encoding"] ?? "");
    const streams = String(headers["content-type"] ?? "").startsWith("text/event-stream");
    if (!streams && !(Number(headers["content-length"] ?? 0) > COMPARED_BODY_BYTES)) return;
    this.chunks = null;
    this.end();
  }

  /** A part of the body: copied, for the part itself would keep a whole read of the socket in memory. */
  data(chunk: Buffer): void {
    if (this.chunks === null) return;
    this.#length += chunk.length;
    if (this.#length <= COMPARED_BODY_BYTES) this.chunks.push(Buffer.from(chunk));
    else {
      this.chunks = null;
      this.end();
    }
  }

  /** The answer is whole, as far as it is compared. */
  end(): void {
    if (this.ended) return;
    this.ended = true;
    this.#pair.ended();
  }

  /** There is no whole answer, and so nothing to compare. */
  lost(): void {
    if (!this.ended) this.#pair.drop();
  }
}

/** A request's answer beside that of its copy. Settled when both are whole, dropped as soon as one cannot be. */
export class ShadowPair {
  readonly method: string;
  /** Without its query, which may hold what nobody should keep. */
  readonly path: string;
  readonly begunAt: number;
  readonly stable: PairSide;
  readonly candidate: PairSide;
  #owner: PairOwner | null;

  constructor(
    owner: PairOwner,
    { method, path, keepsBodies, now }: { method: string; path: string; keepsBodies: boolean; now: number },
  ) {
    this.#owner = owner;
    this.method = method;
    this.path = path;
    this.begunAt = now;
    this.stable = new PairSide(this, keepsBodies);
    this.candidate = new PairSide(this, keepsBodies);
  }

  ended(): void {
    if (!this.stable.ended || !this.candidate.ended) return;
    const owner = this.#owner;
    this.#owner = null;
    owner?.settle(this);
  }

  drop(): void {
    const owner = this.#owner;
    this.#owner = null;
    this.stable.chunks = null;
    this.candidate.chunks = null;
    owner?.drop(this);
  }
}
