import { errors } from "undici";
import { InstanceConnection } from "./instance.connection.ts";
import { type AnswerHandler, InstanceRequest, type Message } from "./instance.request.ts";

/**
 * The gateway's own connections to one instance, for requests that are whole when they are sent. A request takes the free
 * connection that was used last. When there is none, one is made, and the request takes whichever is free first, that one
 * or another: so a revision with little traffic, which meets its connections' beginnings more often, looks no slower for it.
 */
export class InstancePool {
  readonly host: string;
  readonly port: number;
  readonly connectMs: number;
  readonly #all = new Set<InstanceConnection>();
  readonly #idle: InstanceConnection[] = [];
  /** Requests without a connection, at most as many as connections are being made. */
  readonly #waiting: InstanceRequest[] = [];
  #closing: (() => void) | null = null;
  #destroyed = false;

  constructor(host: string, port: number, connectMs: number) {
    this.host = host;
    this.port = port;
    this.connectMs = connectMs;
  }

  /** Sends a request. The handler hears of everything else, also that the pool is closed. */
  dispatch(message: Message, handler: AnswerHandler): void {
    if (this.#closing === null) this.send(new InstanceRequest(message, handler));
    else handler.onResponseError(null, new errors.ClientClosedError());
  }

  /** Gives a request a free connection, or makes one for it. */
  send(request: InstanceRequest): void {
    if (this.#destroyed) {
      request.fail(new errors.ClientDestroyedError());
      return;
    }
    const idle = this.#idle.pop();
    if (idle !== undefined) {
      this.#give(idle, request);
      return;
    }
    // One that finds no connection at all waits for what its callers always wait for.
    if (this.#all.size > 0) request.handler.onNewConnection();
    this.#waiting.push(request);
    this.#all.add(new InstanceConnection(this));
  }

  /** A connection stands, or its answer is whole and both sides keep it. */
  free(connection: InstanceConnection): void {
    const request = this.#waiting.shift();
    if (request !== undefined) this.#give(connection, request);
    else if (this.#closing === null) this.#idle.push(connection);
    else connection.destroy();
  }

  /** A connection could not be made. */
  refused(error: Error): void {
    this.#waiting.shift()?.fail(error);
  }

  #give(connection: InstanceConnection, request: InstanceRequest): void {
    // The instance may take its time to accept, whoever has waited for the connection to be made.
    if (connection.isNew && this.#all.size > 1) request.handler.onNewConnection();
    connection.take(request);
    if (taken.push({ pool: this, connection, request }) === 1) setImmediate(sendTaken);
  }

  /** A connection is no more. */
  left(connection: InstanceConnection): void {
    this.#all.delete(connection);
    const position = this.#idle.lastIndexOf(connection);
    if (position !== -1) this.#idle.splice(position, 1);
    if (this.#all.size === 0) this.#closing?.();
  }

  /** Lets requests in flight finish. Resolves once every connection is gone. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#closing = resolve;
    });
    for (const connection of [...this.#idle]) connection.destroy();
    if (this.#all.size > 0) await closed;
  }

  /** Cuts every connection; requests in flight fail. */
  destroy(): void {
    this.#closing ??= () => undefined;
    this.#destroyed = true;
    for (const connection of [...this.#all]) connection.cut();
  }
}

interface Taken {
  pool: InstancePool;
  connection: InstanceConnection;
  request: InstanceRequest;
}

/**
 * Requests that were given a connection in this turn of the event loop. They are written at its end, when whatever had
 * arrived on those connections was read: a farewell, or bytes that nobody asked for and that would be taken for the answer.
 */
let taken: Taken[] = [];

function sendTaken(): void {
  const now = taken;
  taken = [];
  for (const { pool, connection, request } of now) if (!connection.sendTaken()) pool.send(request);
}
