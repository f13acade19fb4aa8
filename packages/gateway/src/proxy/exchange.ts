import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import type { Dispatcher } from "undici";
import type { Upstream } from "../endpoint/upstream.ts";
import type { Arm } from "../route/arm.ts";
import type { CompiledRoute } from "../route/compiled.route.ts";
import type { PairSide } from "../shadow/shadow.pair.ts";
import { failureOf } from "./failure.ts";
import { type GatewayResponse, onResponseDrain } from "./gateway.response.ts";
import { type Chosen, Measurement } from "./measure.ts";
import type { MirrorCopy } from "./mirror.ts";
import { CALLER_STALLED, NO_INSTANCE, type Problem, sendProblem, UNREADABLE_HEAD } from "./problem.ts";
import { RequestBody } from "./request.body.ts";
import { isRepeatable } from "./request.head.ts";
import { hasLength, linksOf, responseHeaders, sendableReason, trailersOf } from "./response.head.ts";

/** A connection that cannot be made is tried at this many endpoints; a reset one is tried once more. */
const MAX_ATTEMPTS = 3;

/** Answers up to this size leave in one string with their head: half the cost of two buffers, measured. */
const ONE_WRITE_BYTES = 16_384;

const CALLER_LEFT = new Error("the caller went away");
const STALLED = new Error("nothing moved for longer than the idle timeout");

/**
 * One request on its way through the gateway: undici's handler of its own dispatch, so that a request costs one object.
 * The answer's head waits for the first bytes of the body, at most until the end of the event loop's turn: small answers
 * leave in one write.
 */
export class Exchange implements Dispatcher.DispatchHandler {
  readonly #route: CompiledRoute;
  readonly #request: IncomingMessage;
  readonly #response: GatewayResponse;
  readonly #path: string;
  /** What the instance receives; behind the first `#ownHeaders` entries stands what the present arm is. */
  readonly #headers: string[];
  readonly #ownHeaders: number;
  readonly #hasBody: boolean;
  /** `Set-Cookie` that makes the caller stick; null when there is nothing to set. */
  readonly #cookie: string | null;
  /** A copy for the mirror that waits for the body; null when there is none. */
  #mirror: MirrorCopy | null;
  /** This answer's part of a comparison with the mirror's; null when there is none. */
  #shadowed: PairSide | null;

  #attempts = 0;
  #tried: Upstream[] | null = null;
  #upstream: Upstream | null = null;
  #measurement: Measurement | null = null;
  #controller: Dispatcher.DispatchController | null = null;
  #body: RequestBody | null = null;
  #idle: NodeJS.Timeout | null = null;
  #left = false;

  #status = 0;
  #statusText = "";
  /** The head that has not been written yet, and the body's first chunk behind it. */
  #head: string[] | null = null;
  #first: Buffer | null = null;
  #drains = false;

  constructor(options: {
    route: CompiledRoute;
    request: IncomingMessage;
    response: GatewayResponse;
    path: string;
    headers: string[];
    hasBody: boolean;
    cookie: string | null;
    mirror: MirrorCopy | null;
    shadowed: PairSide | null;
  }) {
    this.#route = options.route;
    this.#request = options.request;
    this.#response = options.response;
    this.#path = options.path;
    this.#headers = options.headers;
    this.#ownHeaders = options.headers.length;
    this.#hasBody = options.hasBody;
    this.#cookie = options.cookie;
    this.#mirror = options.mirror;
    this.#shadowed = options.shadowed;
  }

  /** Sends the request to an endpoint of `arm`, which has a usable one. */
  send(arm: Arm, chosen: Chosen): void {
    const upstream = arm.pick(this.#tried);
    if (upstream === null) {
      this.#abandonMirror();
      sendProblem(this.#response, NO_INSTANCE);
      return;
    }
    this.#attempts += 1;
    this.#upstream = upstream;
    this.#controller = null;
    this.#measurement = new Measurement(arm, this.#attempts === 1, chosen, upstream.warm);
    upstream.inFlight += 1;
    this.#headers.length = this.#ownHeaders;
    for (const part of arm.identity) this.#headers.push(part);
    const { timeouts } = this.#route.config;
    if (this.#hasBody) {
      this.#body = new RequestBody(this.#request);
      this.#watchIdle(timeouts.idleMs);
    }
    upstream.pool.dispatch(
      {
        path: this.#path,
        method: this.#request.method ?? "GET",
        headers: this.#headers,
        body: this.#body,
        headersTimeout: timeouts.responseMs,
        bodyTimeout: timeouts.idleMs,
      },
      this,
    );
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#left) controller.abort(CALLER_LEFT);
  }

  onBodySent(chunk: Buffer): void {
    if (this.#measurement !== null) this.#measurement.arm.counters.bytesIn += chunk.length;
    this.#idle?.refresh();
    this.#mirror?.add(chunk);
  }

  onRequestSent(): void {
    if (this.#body !== null) this.#stopIdle();
    this.#mirror?.send();
    this.#mirror = null;
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
    statusText = "",
  ): void {
    if (status < 200) {
      if (status === 103) this.#response.writeEarlyHints(linksOf(headers));
      return;
    }
    this.#controller = controller;
    const latency = this.#measurement?.answered() ?? 0;
    this.#shadowed?.head(status, latency, headers);
    this.#upstream?.answered();
    this.#status = status;
    this.#statusText = sendableReason(statusText);
    this.#head = responseHeaders(headers, this.#measurement?.arm.label ?? "");
    if (this.#cookie !== null) this.#head.push("set-cookie", this.#cookie);
    if (unflushed.push(this) === 1) setImmediate(flushAll);
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#measurement !== null) this.#measurement.arm.counters.bytesOut += chunk.length;
    this.#shadowed?.data(chunk);
    if (this.#head !== null) {
      if (this.#first === null) {
        this.#first = chunk;
        return;
      }
      this.flush();
    }
    this.#write(chunk);
  }

  onResponseEnd(_controller: Dispatcher.DispatchController, trailers: IncomingHttpHeaders): void {
    this.#stopIdle();
    this.#release();
    this.#shadowed?.end();
    this.#shadowed = null;
    this.#abandonMirror();
    this.#measurement?.completed(this.#status);
    if (this.#left) return;
    let trailed = false;
    for (const _ in trailers) trailed = true;
    if (this.#head === null || trailed) {
      this.flush();
      if (trailed) this.#response.addTrailers(trailersOf(trailers));
      this.#response.end();
      return;
    }
    this.#writeWhole(this.#head, this.#first);
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    const measurement = this.#measurement;
    const upstream = this.#upstream;
    if (measurement === null || upstream === null || measurement.ended) return;
    this.#stopIdle();
    this.#release();
    if (this.#left || this.#request.errored !== null) {
      this.#abandonMirror();
      measurement.aborted();
      return;
    }
    const failure = failureOf(error, this.#controller !== null);
    const callerStalled = error === STALLED && this.#body?.full === false;
    if (failure.callersFault || callerStalled) {
      measurement.aborted();
      this.#fail(callerStalled ? CALLER_STALLED : failure.problem);
      return;
    }
    measurement.completed(0);
    upstream.failed(failure.refused);
    if (this.#status !== 0) {
      this.#fail(failure.problem);
      return;
    }
    const again = failure.refused || (isRepeatable(this.#request) && !this.#hasBody && !failure.timedOut);
    const limit = failure.refused ? MAX_ATTEMPTS : 2;
    if (again && this.#attempts < limit && this.#body?.started !== true && this.#sendAgain(measurement.arm, upstream))
      return;
    this.#fail(failure.problem);
  }

  /** The caller's connection closed before the answer was complete. */
  callerLeft(): void {
    this.#left = true;
    this.#stopIdle();
    this.#controller?.abort(CALLER_LEFT);
  }

  /** The caller takes bytes again. */
  drained(): void {
    this.#stopIdle();
    this.#controller?.resume();
  }

  /** Writes the head, and what of the body is there, if that has not been done. */
  flush(): void {
    const head = this.#head;
    if (head === null || this.#left) return;
    const first = this.#first;
    this.#head = null;
    this.#first = null;
    if (!this.#writeHead(head)) return;
    if (first === null) this.#response.flushHeaders();
    else this.#write(first);
  }

  /** The same revision first, then another with a share of the traffic. */
  #sendAgain(arm: Arm, failed: Upstream): boolean {
    if (this.#tried === null) this.#tried = [failed];
    else this.#tried.push(failed);
    const next = arm.hasOther(this.#tried) ? arm : this.#route.chooseOther(arm);
    if (next?.hasOther(this.#tried) !== true) return false;
    // Another revision's answer is not what the copy's is to be compared with.
    if (next !== arm) this.#unpair();
    this.send(next, "by_rule");
    return true;
  }

  #writeHead(head: string[]): boolean {
    try {
      this.#response.writeHead(this.#status, this.#statusText, head);
      return true;
    } catch {
      // A status or header that HTTP does not allow: the instance's answer cannot be passed on. What was tried stays set.
      this.#response.statusMessage = "";
      sendProblem(this.#response, UNREADABLE_HEAD);
      this.#controller?.abort(new Error("the instance's answer cannot be passed on"));
      return false;
    }
  }

  #writeWhole(head: string[], body: Buffer | null): void {
    this.#head = null;
    this.#first = null;
    if (this.#request.method !== "HEAD" && this.#status !== 204 && this.#status !== 304 && !hasLength(head)) {
      head.push("content-length", String(body?.length ?? 0));
    }
    if (!this.#writeHead(head)) return;
    if (body === null) this.#response.end();
    else if (body.length > ONE_WRITE_BYTES) this.#response.end(body);
    else this.#response.end(body.toString("latin1"), "latin1");
  }

  #write(chunk: Buffer): void {
    if (this.#left || this.#response.write(chunk)) return;
    this.#controller?.pause();
    this.#watchIdle(this.#route.config.timeouts.idleMs);
    if (this.#drains) return;
    this.#drains = true;
    this.#response.on("drain", onResponseDrain);
  }

  /** A clean answer when the caller has seen nothing yet; otherwise the cut connection tells that this one is not whole. */
  #fail(problem: Problem): void {
    this.#abandonMirror();
    this.#head = null;
    this.#first = null;
    if (this.#response.writableEnded) return;
    if (this.#response.headersSent) {
      this.#response.destroy();
      return;
    }
    if (this.#hasBody && !this.#request.complete) this.#response.shouldKeepAlive = false;
    sendProblem(this.#response, problem);
  }

  #unpair(): void {
    this.#shadowed?.lost();
    this.#shadowed = null;
  }

  /** Nothing more is copied, and what is not whole by now is compared with nothing. */
  #abandonMirror(): void {
    this.#unpair();
    if (this.#mirror === null) return;
    this.#mirror.abandon();
    this.#mirror = null;
  }

  #release(): void {
    if (this.#upstream !== null) this.#upstream.inFlight -= 1;
    this.#upstream = null;
  }

  #watchIdle(idleMs: number): void {
    this.#stopIdle();
    this.#idle = setTimeout(stalled, idleMs, this);
  }

  #stopIdle(): void {
    if (this.#idle === null) return;
    clearTimeout(this.#idle);
    this.#idle = null;
  }

  /** Nothing moved for too long: the caller does not read, does not send, or the instance does not take. */
  stall(): void {
    if (this.#status !== 0) this.#response.destroy();
    else this.#controller?.abort(STALLED);
  }
}

/** Exchanges whose answer began in this turn of the event loop: one timer for all of them. */
const unflushed: Exchange[] = [];

function flushAll(): void {
  for (const exchange of unflushed) exchange.flush();
  unflushed.length = 0;
}

const stalled = (exchange: Exchange): void => exchange.stall();
