import type { Socket } from "node:net";
import type { CallersResponse } from "../caller.ts";
import type { Exchange } from "../exchange.ts";
import { httpDate } from "./http.date.ts";

/** Bodies up to this size leave in one string with their head: half the cost of two buffers, measured. */
const ONE_WRITE_BYTES = 16_384;

/** What becomes of the caller's connection. */
export interface CallersConnection {
  /** The answer has been written; `keepAlive` as its head said. */
  answered(keepAlive: boolean): void;
}

/** One answer to a plain request, written as node:http writes it. Ends with `end`, or with its connection. */
export class CallerResponse implements CallersResponse {
  shouldKeepAlive: boolean;
  exchange: Exchange | null = null;
  readonly #connection: CallersConnection;
  readonly #socket: Socket;
  readonly #toHead: boolean;
  /** How long the connection is kept, for the caller to know (s). */
  readonly #keepSeconds: number;
  /** The head as text, until it is written. */
  #head: string | null = null;
  headersSent = false;
  #keeps = false;
  #bodiless = false;
  #chunked = false;
  #trailers = "";
  #ended = false;

  constructor(
    connection: CallersConnection,
    socket: Socket,
    request: { method: string; keepAlive: boolean; keepSeconds: number },
  ) {
    this.#connection = connection;
    this.#socket = socket;
    this.#toHead = request.method === "HEAD";
    this.shouldKeepAlive = request.keepAlive;
    this.#keepSeconds = request.keepSeconds;
  }

  get writableEnded(): boolean {
    return this.#ended;
  }

  sendHead(status: number, statusText: string, headers: string[]): void {
    let text = `HTTP/1.1 ${status} ${statusText}\r\n`;
    let dated = false;
    let measured = false;
    for (let index = 0; index < headers.length; index += 2) {
      const name = headers[index] ?? "";
      if (name === "date") dated = true;
      else if (name === "content-length") measured = true;
      text += `${name}: ${headers[index + 1]}\r\n`;
    }
    if (!dated) text += `Date: ${httpDate(Date.now())}\r\n`;
    this.#keeps = this.shouldKeepAlive;
    text += this.#keeps
      ? `Connection: keep-alive\r\nKeep-Alive: timeout=${this.#keepSeconds}\r\n`
      : "Connection: close\r\n";
    this.#bodiless = this.#toHead || status === 204 || status === 304;
    this.#chunked = !measured && !this.#bodiless;
    if (this.#chunked) text += "Transfer-Encoding: chunked\r\n";
    this.#head = `${text}\r\n`;
    this.headersSent = true;
  }

  flushHeaders(): void {
    if (this.#head === null) return;
    const head = this.#head;
    this.#head = null;
    this.#socket.write(head, "latin1");
  }

  write(chunk: Buffer): boolean {
    if (this.#bodiless || chunk.length === 0) return true;
    const before = this.#chunked ? `${chunk.length.toString(16)}\r\n` : "";
    const after = this.#chunked ? "\r\n" : "";
    return this.#send(before, chunk, after);
  }

  end(body?: Buffer | string, _encoding?: "latin1"): void {
    if (this.#ended) return;
    this.#ended = true;
    this.exchange = null;
    const bytes = body === undefined || this.#bodiless ? "" : body;
    const last = this.#chunked ? `0\r\n${this.#trailers}\r\n` : "";
    if (bytes.length === 0) this.#send("", "", last);
    else this.#send(this.#chunked ? `${bytes.length.toString(16)}\r\n` : "", bytes, this.#chunked ? `\r\n${last}` : "");
    this.#connection.answered(this.#keeps);
  }

  writeEarlyHints({ link }: { link: string[] }): void {
    if (link.length > 0) this.#socket.write(`HTTP/1.1 103 Early Hints\r\nLink: ${link.join(", ")}\r\n\r\n`, "latin1");
  }

  addTrailers(trailers: [string, string][]): void {
    for (const [name, value] of trailers) this.#trailers += `${name}: ${value}\r\n`;
  }

  /** Nothing to do: the connection tells of every drain. */
  watchDrain(): void {}

  destroy(): void {
    this.#socket.destroy();
  }

  /** The connection has closed. */
  closed(): void {
    if (this.#ended) return;
    this.#ended = true;
    const { exchange } = this;
    this.exchange = null;
    exchange?.callerLeft();
  }

  drained(): void {
    this.exchange?.drained();
  }

  /** Writes the head, if it is still to be written, and more behind it. */
  #send(before: string, body: Buffer | string, after: string): boolean {
    const head = this.#head ?? "";
    this.#head = null;
    if (typeof body === "string" || body.length <= ONE_WRITE_BYTES) {
      const text = typeof body === "string" ? body : body.toString("latin1");
      const whole = head + before + text + after;
      return whole === "" || this.#socket.write(whole, "latin1");
    }
    this.#socket.cork();
    if (head !== "" || before !== "") this.#socket.write(head + before, "latin1");
    const goesOn = this.#socket.write(body);
    if (after !== "") this.#socket.write(after, "latin1");
    this.#socket.uncork();
    return goesOn;
  }
}
