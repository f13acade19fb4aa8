import type { IncomingHttpHeaders } from "node:http";
import type { RouteConfig } from "@sluice/core";
import type { Dispatcher } from "undici";
import type { Upstream } from "../endpoint/upstream.ts";
import type { Arm } from "../route/arm.ts";
import type { PairSide } from "../shadow/shadow.pair.ts";
import { failureOf } from "./failure.ts";
import { Measurement } from "./measure.ts";

/** Bodies longer than this are not mirrored. */
export const MIRROR_BODY_BYTES = 1_048_576;
/** So many copies may wait for an answer at once; more are left out. */
export const MIRRORS_IN_FLIGHT = 128;

/** So many bytes of bodies that are still coming in are kept for copies at once; requests beyond that are not copied. */
export const GATHERED_BYTES = 67_108_864;

/** Tells the mirrored instance that nobody sees its answer. */
const MIRROR_HEADER = ["x-sluice-mirror", "1"];

/** How many copies of one route are on their way, shared by all of its configurations. */
export interface MirrorBudget {
  inFlight: number;
  /** Bytes of the bodies that are being gathered. */
  gathered: number;
  /** Copies not sent, for want of room or because a body was too long. */
  skipped: number;
}

/**
 * A copy of one request for the mirror. The body is gathered as it leaves for the real instance, so the real request
 * waits for nothing; the copy goes when the whole body was sent, and its answer is measured, compared if that is wanted,
 * and thrown away. An answer that takes longer than the route's times for a head and for silence together is cut off and
 * counts for nothing: a stream without an end would otherwise hold its place for ever.
 */
export class MirrorCopy implements Dispatcher.DispatchHandler {
  readonly #arm: Arm;
  readonly #budget: MirrorBudget;
  /** The copy's part of a comparison; null when nothing is compared. */
  readonly #side: PairSide | null;
  readonly #options: Dispatcher.DispatchOptions;
  #chunks: Buffer[] | null = [];
  #length = 0;
  #upstream: Upstream | null = null;
  #measurement: Measurement | null = null;
  #controller: Dispatcher.DispatchController | null = null;
  #deadline: NodeJS.Timeout | null = null;
  #status = 0;
  #cut = false;

  constructor(
    arm: Arm,
    budget: MirrorBudget,
    request: { path: string; method: string; headers: readonly string[]; timeouts: RouteConfig["timeouts"] },
    side: PairSide | null,
  ) {
    this.#arm = arm;
    this.#budget = budget;
    this.#side = side;
    this.#options = {
      path: request.path,
      method: request.method,
      headers: [...request.headers, ...arm.identity, ...MIRROR_HEADER],
      headersTimeout: request.timeouts.responseMs,
      bodyTimeout: request.timeouts.idleMs,
    };
  }

  /** A part of the body, as it was sent to the real instance. */
  add(chunk: Buffer): void {
    if (this.#chunks === null) return;
    if (this.#length + chunk.length > MIRROR_BODY_BYTES || this.#budget.gathered + chunk.length > GATHERED_BYTES) {
      this.#letGo();
      return;
    }
    this.#length += chunk.length;
    this.#budget.gathered += chunk.length;
    this.#chunks.push(chunk);
  }

  /** The real request ended before its body was whole, so there is nothing to copy. */
  abandon(): void {
    this.#letGo();
    this.#skip();
  }

  /** The whole request is there: sends the copy, if there is room for it. */
  send(): void {
    const upstream = this.#chunks === null || this.#budget.inFlight >= MIRRORS_IN_FLIGHT ? null : this.#arm.pick(null);
    if (upstream === null || this.#chunks === null) {
      this.#letGo();
      this.#skip();
      return;
    }
    const body = this.#length === 0 ? null : Buffer.concat(this.#chunks);
    this.#letGo();
    this.#upstream = upstream;
    this.#budget.inFlight += 1;
    upstream.inFlight += 1;
    this.#measurement = new Measurement(this.#arm, true, "by_weight", upstream.warm);
    this.#arm.counters.bytesIn += this.#length;
    const { headersTimeout, bodyTimeout } = this.#options;
    this.#deadline = setTimeout(cutOff, (headersTimeout ?? 0) + (bodyTimeout ?? 0), this);
    this.#deadline.unref();
    upstream.pool.dispatch({ ...this.#options, body }, this);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#cut) controller.abort(TOO_LONG);
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    if (status < 200) return;
    this.#status = status;
    const latency = this.#measurement?.answered() ?? 0;
    this.#side?.head(status, latency, headers);
    this.#upstream?.answered();
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#arm.counters.bytesOut += chunk.length;
    this.#side?.data(chunk);
  }

  onResponseEnd(): void {
    this.#side?.end();
    this.#end(this.#status);
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    this.#side?.lost();
    if (!this.#cut) this.#upstream?.failed(failureOf(error, this.#controller !== null).refused);
    this.#end(0);
  }

  /** It took too long. */
  cutOff(): void {
    this.#cut = true;
    this.#controller?.abort(TOO_LONG);
  }

  /** The parts of the body are not kept any more. */
  #letGo(): void {
    if (this.#chunks === null) return;
    this.#chunks = null;
    this.#budget.gathered -= this.#length;
  }

  #skip(): void {
    this.#budget.skipped += 1;
    this.#side?.lost();
  }

  #end(status: number): void {
    if (this.#upstream === null) return;
    this.#upstream.inFlight -= 1;
    this.#upstream = null;
    this.#budget.inFlight -= 1;
    if (this.#deadline !== null) clearTimeout(this.#deadline);
    if (this.#cut) this.#measurement?.aborted();
    else this.#measurement?.completed(status);
  }
}

const TOO_LONG = new Error("the copy's answer has no end");

const cutOff = (copy: MirrorCopy): void => copy.cutOff();
