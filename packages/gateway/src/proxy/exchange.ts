import type { IncomingHttpHeaders } from "node:http";
import type { Dispatcher } from "undici";
import type { Upstream } from "../endpoint/upstream.ts";
import type { Arm } from "../route/arm.ts";
import type { CompiledRoute } from "../route/compiled.route.ts";
import type { PairSide } from "../shadow/shadow.pair.ts";
import type { CallersRequest, CallersResponse, Controller } from "./caller.ts";
import type { ExchangeOptions, SentBody } from "./exchange.types.ts";
import { type Failure, failureOf } from "./failure.ts";
import type { AnswerHandler } from "./fast/instance.request.ts";
import { flushAfterTurn } from "./flush.turn.ts";
import { type Chosen, Measurement } from "./measure.ts";
import type { MirrorCopy } from "./mirror.ts";
import { CALLER_STALLED, NO_INSTANCE, type Problem, sendProblem, UNREADABLE_HEAD } from "./problem.ts";
import { mayRepeat } from "./repeat.ts";
import type { RequestBody } from "./request.body.ts";
import {
  flatHeaders,
  headersOf,
  INSTANCE_HEADER,
  linksOf,
  pairsOf,
  responseHeaders,
  sendableReason,
  wantsLength,
} from "./response.head.ts";

/** Answers up to this size leave in one string with their head: half the cost of two buffers, measured. */
const ONE_WRITE_BYTES = 16_384;

const CALLER_LEFT = new Error("the caller went away");
const STALLED = new Error("nothing moved for longer than the idle timeout");

/**
 * One request on its way through the gateway: the handler of its own dispatch, so that a request costs one object.
 * The answer's head waits for the first bytes of the body, at most until the end of the event loop's turn: small answers
 * leave in one write.
 */
export class Exchange implements Dispatcher.DispatchHandler, AnswerHandler {
  readonly #route: CompiledRoute;
  readonly #request: CallersRequest;
  readonly #response: CallersResponse;
  readonly #path: string;
  /** What the instance receives; behind the first `#ownHeaders` entries stands what the present arm is. */
  readonly #headers: string[];
  readonly #ownHeaders: number;
  readonly #sent: SentBody;
  readonly #hasBody: boolean;
  readonly #cookie: string | null;
  readonly #names: boolean;
  #mirror: MirrorCopy | null;
  #shadowed: PairSide | null;

  #attempts = 0;
  #tried: Upstream[] | null = null;
  #upstream: Upstream | null = null;
  #measurement: Measurement | null = null;
  #controller: Controller | null = null;
  #body: RequestBody | null = null;
  #idle: NodeJS.Timeout | null = null;
  #left = false;

  #status = 0;
  #statusText = "";
  /** The head that has not been written yet, and the body's first chunk behind it. */
  #head: string[] | null = null;
  #first: Buffer | null = null;
  #drains = false;

  constructor(options: ExchangeOptions) {
    this.#route = options.route;
    this.#request = options.request;
    this.#response = options.response;
    this.#path = options.path;
    this.#headers = options.headers;
    this.#ownHeaders = options.headers.length;
    this.#sent = options.body;
    this.#hasBody = (options.body.whole ? options.body.bytes : options.body.open) !== null;
    this.#cookie = options.cookie;
    this.#names = options.names;
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
    const message = {
      path: this.#path,
      method: this.#request.method ?? "GET",
      headers: this.#headers,
      headersTimeout: timeouts.responseMs,
      bodyTimeout: timeouts.idleMs,
    };
    if (this.#sent.whole) {
      upstream.direct.dispatch({ ...message, body: this.#sent.bytes }, this);
      return;
    }
    if (this.#sent.open !== null) {
      this.#body = this.#sent.open();
      this.#watchIdle(timeouts.idleMs);
    }
    upstream.pool.dispatch({ ...message, body: this.#body }, this);
  }

  onRequestStart(controller: Controller): void {
    this.#controller = controller;
    if (this.#left) controller.abort(CALLER_LEFT);
  }

  onNewConnection(): void {
    this.#measurement?.metNewConnection();
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
    this.onHead(controller, status, flatHeaders(headers), statusText);
  }

  /** `headers`: a flat list, names in lower case. */
  onHead(controller: Controller, status: number, headers: string[], statusText: string): void {
    if (status < 200) {
      if (status === 103) this.#response.writeEarlyHints(linksOf(headers));
      return;
    }
    this.#controller = controller;
    const latency = this.#measurement?.answered() ?? 0;
    this.#shadowed?.head(status, latency, headersOf(headers));
    this.#upstream?.answered();
    this.#status = status;
    this.#statusText = sendableReason(statusText);
    this.#head = responseHeaders(headers, this.#measurement?.arm.label ?? "");
    if (this.#cookie !== null) this.#head.push("set-cookie", this.#cookie);
    if (this.#names && this.#upstream !== null) this.#head.push(INSTANCE_HEADER, this.#upstream.id);
    flushAfterTurn(this);
  }

  onResponseData(_controller: Controller, chunk: Buffer): void {
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
    this.onTail(flatHeaders(trailers));
  }

  /** The answer is whole. `trailers`: a flat list. */
  onTail(trailers: string[]): void {
    this.#stopIdle();
    this.#release();
    this.#shadowed?.end();
    this.#shadowed = null;
    this.#abandonMirror();
    this.#measurement?.completed(this.#status);
    if (this.#left) return;
    if (this.#head === null || trailers.length > 0) {
      this.flush();
      if (trailers.length > 0) this.#response.addTrailers(pairsOf(trailers));
      this.#response.end();
      return;
    }
    this.#writeWhole(this.#head, this.#first);
  }

  onResponseError(_controller: Controller | null, error: Error): void {
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
    if (!this.#mayRepeat(failure) || !this.#sendAgain(measurement.arm, upstream)) this.#fail(failure.problem);
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

  #mayRepeat(failure: Failure): boolean {
    const attempted = { request: this.#request, hasBody: this.#hasBody, body: this.#body, attempts: this.#attempts };
    return mayRepeat(failure, attempted);
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
      this.#response.sendHead(this.#status, this.#statusText, head);
      return true;
    } catch {
      // A status or header that HTTP does not allow: the instance's answer cannot be passed on. What was tried stays set.
      sendProblem(this.#response, UNREADABLE_HEAD);
      this.#controller?.abort(new Error("the instance's answer cannot be passed on"));
      return false;
    }
  }

  #writeWhole(head: string[], body: Buffer | null): void {
    this.#head = null;
    this.#first = null;
    if (wantsLength(this.#request.method, this.#status, head)) head.push("content-length", String(body?.length ?? 0));
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
    this.#response.watchDrain();
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

const stalled = (exchange: Exchange): void => exchange.stall();
