import type { Socket } from "node:net";
import { CallerConnection, type CallersHost } from "./caller.connection.ts";
import type { CallerResponse } from "./caller.response.ts";
import type { PlainRequest } from "./plain.request.ts";

export interface CallersOptions extends Pick<CallersHost, "firstMs" | "keepAliveMs" | "serve" | "tooLate"> {
  /** Takes a connection from which nothing was read, as its bytes were put back. */
  pass: (socket: Socket) => void;
}

/** Every connection whose requests were all plain so far. */
export class Callers implements CallersHost {
  readonly firstMs: number;
  readonly keepAliveMs: number;
  readonly serve: (request: PlainRequest, client: string, response: CallerResponse) => void;
  readonly tooLate: (socket: Socket) => void;
  readonly #pass: (socket: Socket) => void;
  readonly #connections = new Set<CallerConnection>();
  draining = false;

  constructor({ firstMs, keepAliveMs, serve, tooLate, pass }: CallersOptions) {
    this.firstMs = firstMs;
    this.keepAliveMs = keepAliveMs;
    this.serve = serve;
    this.tooLate = tooLate;
    this.#pass = pass;
  }

  /** Takes a new connection. */
  take(socket: Socket): void {
    this.#connections.add(new CallerConnection(this, socket));
  }

  handOver(socket: Socket, bytes: Buffer): void {
    socket.pause();
    socket.unshift(bytes);
    this.#pass(socket);
    socket.resume();
  }

  left(connection: CallerConnection): void {
    this.#connections.delete(connection);
  }

  /** Closes what is idle now, and the rest when it is answered. */
  drain(): void {
    this.draining = true;
    for (const connection of [...this.#connections]) connection.drain();
  }

  /** Cuts everything. */
  destroy(): void {
    for (const connection of [...this.#connections]) connection.destroy();
  }
}
