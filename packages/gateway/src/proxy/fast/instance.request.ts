import type { Controller } from "../caller.ts";
import type { InstanceConnection } from "./instance.connection.ts";

/** Hears what becomes of one request, in the order of the methods; `onError` may end it anywhere, and is called once. */
export interface AnswerHandler {
  /** The connections that there were are busy: the request waits for another one to be made, or is its first. */
  onNewConnection(): void;
  /** The request is about to be written. */
  onRequestStart(controller: Controller): void;
  onBodySent(chunk: Buffer): void;
  onRequestSent(): void;
  /** The head of the answer, or of an interim one (status below 200). Names in lower case. */
  onHead(controller: Controller, status: number, headers: string[], statusText: string): void;
  /** A part of the body, which the handler may keep. */
  onResponseData(controller: Controller, chunk: Buffer): void;
  /** The answer is whole. */
  onTail(trailers: string[]): void;
  onResponseError(controller: Controller | null, error: Error): void;
}

/** What is sent. */
export interface Message {
  readonly path: string;
  readonly method: string;
  /** Flat list of names and values: none of framing or connection but `Content-Length`, which is written anew. */
  readonly headers: readonly string[];
  readonly body: Buffer | null;
  /** Longest wait for the head of the answer, and for each part of its body (ms). */
  readonly headersTimeout: number;
  readonly bodyTimeout: number;
}

/** One request on its way to an instance, and the handle by which its handler holds it. */
export class InstanceRequest implements Controller {
  readonly message: Message;
  readonly handler: AnswerHandler;
  connection: InstanceConnection | null = null;
  /** Nothing more may be told to the handler, nor done to the connection, which may serve another by now. */
  done = false;

  constructor(message: Message, handler: AnswerHandler) {
    this.message = message;
    this.handler = handler;
  }

  abort(reason: Error): void {
    this.fail(reason);
  }

  pause(): void {
    if (!this.done) this.connection?.pause();
  }

  resume(): void {
    if (!this.done) this.connection?.resume();
  }

  /** Ends it without an answer, and with it the connection, whose state nobody knows now. */
  fail(error: Error): void {
    if (this.done) return;
    this.done = true;
    this.connection?.destroy();
    this.handler.onResponseError(this, error);
  }
}

/** Methods for which an absent body is told as `Content-Length: 0` (RFC 9110 §8.6). */
const expectsBody = (method: string): boolean => method === "POST" || method === "PUT" || method === "PATCH";

/** The head of a request as it is sent. After HEAD the connection is given up: some instances send a body all the same. */
export function renderRequest({ method, path, headers, body }: Message): string {
  let fields = "";
  let host = "";
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] ?? "";
    const line = `${name}: ${headers[index + 1]}\r\n`;
    if (name === "host") host = line;
    else if (name.length !== 14 || name.toLowerCase() !== "content-length") fields += line;
  }
  const connection = method === "HEAD" ? "connection: close\r\n" : "connection: keep-alive\r\n";
  const length = body !== null || expectsBody(method) ? `content-length: ${body?.length ?? 0}\r\n` : "";
  return `${method} ${path} HTTP/1.1\r\n${host}${connection}${fields}${length}\r\n`;
}
