import type { Socket } from "node:net";
import { CallerResponse, type CallersConnection } from "./caller.response.ts";
import { patientClock, type Watched } from "./patient.clock.ts";
import { type PlainRequest, readPlainRequest } from "./plain.request.ts";

/** What a caller may send ahead while a request of his is answered; more waits in the kernel. */
const MAX_EARLY_BYTES = 65_536;

/** What the connections of callers have in common. */
export interface CallersHost {
  /** A caller may take so long until the first byte of a connection, and between requests (ms). */
  readonly firstMs: number;
  readonly keepAliveMs: number;
  readonly draining: boolean;
  serve(request: PlainRequest, client: string, response: CallerResponse): void;
  /** The connection is node:http's from now on, beginning with these bytes. */
  handOver(socket: Socket, bytes: Buffer): void;
  /** The first request did not come in time. */
  tooLate(socket: Socket): void;
  left(connection: CallerConnection): void;
}

/**
 * The connection of a caller, as long as all that comes on it is plain requests:
 *
 * ## idle
 * Waits for a request. Left with bytes: to busy, if they are a plain request, and else to gone, by handing the
 * connection over before any of them was answered.
 *
 * ## busy
 * A request is being answered. Left when its answer was written: to idle, to gone when something was sent ahead
 * (node:http knows how to answer that in turn), or to closing when the connection is not kept.
 *
 * ## closing
 * The last answer is on its way out. Left with the connection, at the latest when the caller has not taken it in time.
 *
 * ## gone
 * Closed, or node:http's.
 */
export class CallerConnection implements Watched, CallersConnection {
  deadline: number;
  readonly #host: CallersHost;
  readonly #socket: Socket;
  readonly #client: string;
  #state: "idle" | "busy" | "closing" | "gone" = "idle";
  #response: CallerResponse | null = null;
  /** What came while busy. */
  #early: Buffer | null = null;
  #served = false;

  constructor(host: CallersHost, socket: Socket) {
    this.#host = host;
    this.#socket = socket;
    this.#client = socket.remoteAddress ?? "";
    this.deadline = patientClock.after(host.firstMs);
    patientClock.watch(this);
    socket
      .on("data", this.#onData)
      .on("drain", this.#onDrain)
      .on("end", this.#onEnd)
      .on("error", this.#onError)
      .on("close", this.#onClose);
  }

  answered(keepAlive: boolean): void {
    this.#response = null;
    if (this.#state !== "busy") return;
    this.deadline = patientClock.after(this.#host.keepAliveMs);
    if (!keepAlive || this.#host.draining) {
      this.#state = "closing";
      // A caller that does not close its side must not hold the socket.
      this.#socket.destroySoon();
      return;
    }
    this.#state = "idle";
    this.#served = true;
    if (this.#early !== null) this.#handOver(this.#early);
  }

  expire(): void {
    if (this.#state === "closing" || this.#served) {
      this.destroy();
      return;
    }
    this.#state = "closing";
    this.deadline = patientClock.after(this.#host.keepAliveMs);
    this.#host.tooLate(this.#socket);
  }

  /** Nothing new is accepted: closes it when idle, or when its answer is written. */
  drain(): void {
    if (this.#state === "idle") this.destroy();
    else if (this.#response !== null) this.#response.shouldKeepAlive = false;
  }

  destroy(): void {
    this.#socket.destroy();
  }

  readonly #onData = (chunk: Buffer): void => {
    if (this.#state === "idle") {
      const request = readPlainRequest(chunk);
      if (request === null) this.#handOver(chunk);
      else this.#serve(request, chunk);
      return;
    }
    if (this.#state !== "busy") return;
    this.#early = this.#early === null ? chunk : Buffer.concat([this.#early, chunk]);
    if (this.#early.length > MAX_EARLY_BYTES) this.#socket.pause();
  };

  #serve(request: PlainRequest, chunk: Buffer): void {
    this.#state = "busy";
    this.deadline = Number.POSITIVE_INFINITY;
    if (request.size < chunk.length) this.#early = chunk.subarray(request.size);
    const { method } = request;
    const keepAlive = request.keepAlive && !this.#host.draining;
    const response = new CallerResponse(this, this.#socket, {
      method,
      keepAlive,
      keepSeconds: Math.floor(this.#host.keepAliveMs / 1_000),
    });
    this.#response = response;
    this.#host.serve(request, this.#client, response);
  }

  #handOver(bytes: Buffer): void {
    this.#leave();
    const socket = this.#socket;
    socket
      .off("data", this.#onData)
      .off("drain", this.#onDrain)
      .off("end", this.#onEnd)
      .off("error", this.#onError)
      .off("close", this.#onClose);
    this.#host.handOver(socket, bytes);
  }

  /** It is not among the host's connections any more. */
  #leave(): void {
    this.#state = "gone";
    this.#early = null;
    patientClock.forget(this);
    this.#host.left(this);
  }

  readonly #onDrain = (): void => {
    this.#response?.drained();
  };

  /** No more requests: as with node:http, a caller that says so while it is answered has left. */
  readonly #onEnd = (): void => {
    this.#socket.end();
  };

  readonly #onError = (): void => {
    this.#socket.destroy();
  };

  readonly #onClose = (): void => {
    if (this.#state !== "gone") this.#leave();
    const response = this.#response;
    this.#response = null;
    response?.closed();
  };
}
