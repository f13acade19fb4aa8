import { connect, type Socket } from "node:net";
import { errors } from "undici";
import { AnswerBody, type BodySink } from "./answer.body.ts";
import { type AnswerHead, readAnswerHead } from "./answer.head.ts";
import type { InstancePool } from "./instance.pool.ts";
import { type InstanceRequest, renderRequest } from "./instance.request.ts";
import { patientClock, type Watched } from "./patient.clock.ts";

const MAX_HEAD_BYTES = 16_384;
/** Requests up to this size leave in one string. */
const ONE_WRITE_BYTES = 16_384;
/** Instances commonly close idle connections after 5 s: be first, so that no request meets a closing one. */
const IDLE_MS = 4_000;
/** As much earlier than an instance that tells its time, but kept no longer than this. */
const EARLIER_MS = 2_000;
const MAX_IDLE_MS = 600_000;

/**
 * One keep-alive connection to an instance, which carries one request at a time:
 *
 * ## connecting
 * Entered by `new`. Left to idle when the connection stands; a failure is told to the request that has waited longest.
 *
 * ## idle
 * Waits in its pool. Bytes that come now were not asked for and end it, as does the instance's farewell, and time.
 *
 * ## taken
 * Entered with a request, which is not written before everything that had already arrived was read, so that bytes
 * nobody asked for are never taken for its answer.
 *
 * ## busy
 * The request is written, or being written; left when its answer is whole, to idle if both sides keep the connection.
 *
 * ## closed
 * For ever.
 */
export class InstanceConnection implements Watched, BodySink {
  deadline: number;
  readonly #pool: InstancePool;
  readonly #socket: Socket;
  /** Whether it has carried no request yet. */
  isNew = true;
  #state: "connecting" | "idle" | "taken" | "busy" | "closed" = "connecting";
  #request: InstanceRequest | null = null;
  /** A head that is not whole yet. */
  #partial: Buffer | null = null;
  #head: AnswerHead | null = null;
  #body: AnswerBody | null = null;

  constructor(pool: InstancePool) {
    this.#pool = pool;
    this.deadline = patientClock.after(pool.connectMs);
    this.#socket = connect({ host: pool.host, port: pool.port, noDelay: true, keepAlive: true })
      .on("connect", () => this.#connected())
      .on("data", (chunk) => this.#read(chunk))
      .on("end", () => this.#ended())
      .on("error", (error) => this.#fail(error))
      .on("close", () => this.#fail(new errors.SocketError("closed")));
    patientClock.watch(this);
  }

  get closed(): boolean {
    return this.#state === "closed";
  }

  /** Takes a request while idle; `sendTaken` writes it. */
  take(request: InstanceRequest): void {
    this.#state = "taken";
    this.isNew = false;
    this.#request = request;
    request.connection = this;
  }

  /** Writes the request it has taken. False when the connection has gone in between, and nothing was sent. */
  sendTaken(): boolean {
    if (this.#state !== "taken") return false;
    this.#send();
    return true;
  }

  pause(): void {
    this.#socket.pause();
    this.deadline = Number.POSITIVE_INFINITY;
  }

  resume(): void {
    this.#socket.resume();
    if (this.#request !== null) this.deadline = patientClock.after(this.#request.message.bodyTimeout);
  }

  /** Ends it at once, and tells the request that it carries. */
  cut(): void {
    this.#fail(new errors.ClientDestroyedError());
  }

  destroy(): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#request = null;
    patientClock.forget(this);
    this.#pool.left(this);
    this.#socket.destroy();
  }

  expire(): void {
    if (this.#state === "connecting") this.#fail(new errors.ConnectTimeoutError());
    else if (this.#head === null) this.#fail(new errors.HeadersTimeoutError());
    else this.#fail(new errors.BodyTimeoutError());
  }

  data(chunk: Buffer): void {
    if (this.#request !== null) this.#request.handler.onResponseData(this.#request, chunk);
  }

  #connected(): void {
    this.#state = "idle";
    this.deadline = patientClock.after(IDLE_MS);
    this.#pool.free(this);
  }

  #send(): void {
    const request = this.#request;
    if (request === null) return;
    this.#state = "busy";
    const { message, handler } = request;
    handler.onRequestStart(request);
    if (request.done) return;
    this.deadline = patientClock.after(message.headersTimeout);
    const head = renderRequest(message);
    const { body } = message;
    if (body === null) this.#socket.write(head, "latin1");
    else if (body.length <= ONE_WRITE_BYTES) this.#socket.write(head + body.toString("latin1"), "latin1");
    else {
      this.#socket.cork();
      this.#socket.write(head, "latin1");
      this.#socket.write(body);
      this.#socket.uncork();
    }
    if (body !== null) handler.onBodySent(body);
    if (!request.done) handler.onRequestSent();
  }

  #read(chunk: Buffer): void {
    if (this.#state !== "busy") {
      this.destroy();
      return;
    }
    let rest: Buffer = chunk;
    while (this.#body === null) {
      if (rest.length === 0) return;
      const size = this.#readHead(rest);
      if (size === null) return;
      rest = rest.subarray(size);
    }
    this.#readBody(this.#body, rest);
  }

  /** Answers how many bytes of the chunk the head took; null when it is not whole, or there is nobody left to tell. */
  #readHead(chunk: Buffer): number | null {
    const request = this.#request;
    if (request === null) return null;
    const before = this.#partial?.length ?? 0;
    const bytes = this.#partial === null ? chunk : Buffer.concat([this.#partial, chunk]);
    const head = readAnswerHead(bytes);
    const fault = faultOf(head, bytes.length);
    if (fault !== null) {
      this.#fail(fault);
      return null;
    }
    this.#partial = typeof head === "string" ? Buffer.from(bytes) : null;
    if (typeof head === "string") return null;
    if (head.status < 200) this.deadline = patientClock.after(request.message.headersTimeout);
    else this.#begin(head, request);
    request.handler.onHead(request, head.status, head.headers, head.statusText);
    return request.done ? null : head.size - before;
  }

  #begin(head: AnswerHead, { message }: InstanceRequest): void {
    const bodiless = message.method === "HEAD" || head.status === 204 || head.status === 304;
    // An instance that announces a body where there can be none may also send it.
    if (bodiless && (message.method === "HEAD" || (head.framing !== "close" && head.framing !== 0)))
      head.keepsAlive = false;
    this.#head = head;
    this.#body = new AnswerBody(bodiless ? 0 : head.framing);
    this.deadline = patientClock.after(message.bodyTimeout);
  }

  #readBody(body: AnswerBody, bytes: Buffer): void {
    const request = this.#request;
    if (request === null) return;
    if (!this.#socket.isPaused()) this.deadline = patientClock.after(request.message.bodyTimeout);
    const taken = body.take(bytes, this);
    if (request.done) return;
    if (taken === -1) this.#fail(new UnreadableAnswer("a chunk is not valid"));
    else if (body.ended) this.#complete(request, body, taken === bytes.length && !body.endsWithConnection);
  }

  /** `clean`: the answer ended where the bytes did. */
  #complete(request: InstanceRequest, body: AnswerBody, clean: boolean): void {
    const head = this.#head;
    this.#head = null;
    this.#body = null;
    this.#request = null;
    request.done = true;
    const idleMs = head?.keepsSeconds == null ? IDLE_MS : Math.min(1_000 * head.keepsSeconds - EARLIER_MS, MAX_IDLE_MS);
    if (clean && head?.keepsAlive && idleMs > 0 && this.#socket.writableLength === 0 && !this.#socket.isPaused()) {
      this.#state = "idle";
      this.deadline = patientClock.after(idleMs);
      this.#pool.free(this);
    } else this.destroy();
    request.handler.onTail(body.trailers);
  }

  #ended(): void {
    const request = this.#request;
    if (request !== null && this.#body?.endsWithConnection === true) this.#complete(request, this.#body, false);
    else this.#fail(new errors.SocketError("other side closed"));
  }

  /** The connection is of no more use, and a request that it carries gets no answer. */
  #fail(error: Error): void {
    const connecting = this.#state === "connecting";
    const request = this.#state === "busy" ? this.#request : null;
    if (request === null) this.destroy();
    else request.fail(error);
    if (connecting) this.#pool.refused(error);
  }
}

/** An answer that is not HTTP/1.1; its code is of the family that undici's parser uses. */
class UnreadableAnswer extends Error {
  readonly code = "HPE_UNREADABLE_ANSWER";
}

/** Why a head, or the beginning of one, cannot be the answer; null when it can. */
function faultOf(head: AnswerHead | "partial" | "invalid", length: number): Error | null {
  if (head === "invalid") return new UnreadableAnswer("the head is not valid");
  const size = head === "partial" ? length : head.size;
  if (size >= MAX_HEAD_BYTES) return new errors.HeadersOverflowError();
  if (head === "partial") return null;
  // Neither was asked for: 100 by Expect, 101 by Upgrade.
  return head.status === 100 || head.status === 101 ? new errors.SocketError("bad response") : null;
}
