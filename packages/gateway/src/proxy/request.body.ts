import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";

/**
 * A request's body as an instance reads it. It takes nothing from the caller before it is asked to, so an attempt that
 * never got a connection leaves the body whole for the next; and ending it early leaves the caller's connection alone,
 * so that an answer sent before the whole body was read still arrives.
 */
export class RequestBody extends Readable {
  readonly #request: IncomingMessage;
  #started = false;

  constructor(request: IncomingMessage) {
    super({ highWaterMark: 65_536 });
    this.#request = request;
  }

  /** Whether anything was taken from the caller. */
  get started(): boolean {
    return this.#started;
  }

  /** Whether the instance, not the caller, is the one that everybody waits for. */
  get full(): boolean {
    return this.#request.isPaused();
  }

  override _read(): void {
    if (!this.#started) {
      this.#started = true;
      this.#request
        .on("data", this.#onData)
        .on("end", this.#onEnd)
        .on("error", this.#onError)
        .on("close", this.#onClose);
    }
    this.#request.resume();
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    if (this.#started) {
      this.#request.off("data", this.#onData).off("end", this.#onEnd).off("close", this.#onClose);
      // What the caller still sends is of no interest; the listener for errors stays, or they would be unhandled.
      this.#request.resume();
    }
    callback(error);
  }

  readonly #onData = (chunk: Buffer): void => {
    if (!this.push(chunk)) this.#request.pause();
  };
  readonly #onEnd = (): void => {
    this.push(null);
  };
  readonly #onError = (error: Error): void => {
    this.destroy(error);
  };
  readonly #onClose = (): void => {
    if (!this.#request.complete) this.destroy(new Error("the caller went away"));
  };
}
