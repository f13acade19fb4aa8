import { randomUUID } from "node:crypto";
import { STATUS_CODES } from "node:http";
import type { CallersResponse } from "./caller.ts";

/** What the gateway itself answers, when no instance did. */
export interface Problem {
  status: number;
  title: string;
  detail: string;
  /** Seconds after which trying again makes sense. */
  retryAfter?: number;
}

export const NO_ROUTE: Problem = { status: 404, title: "No route", detail: "No deployment is served at this address." };

export const OTHER_DEPLOYMENT: Problem = {
  status: 421,
  title: "Other deployment",
  detail: "Another deployment is served at this address than the one that the request is for.",
};

export const NO_INSTANCE: Problem = {
  status: 503,
  title: "No instance",
  detail: "No revision with a share of the traffic has an instance that can be reached.",
  retryAfter: 1,
};

export const CALLER_STALLED: Problem = { status: 408, title: "Timeout", detail: "The request's body stopped coming." };

export const UNREADABLE_HEAD: Problem = {
  status: 502,
  title: "Bad gateway",
  detail: "The instance's answer is not valid HTTP/1.1.",
};

/** The body of a problem (RFC 9457) and its media type. */
export function problemBody({ status, title, detail }: Problem): string {
  return `${JSON.stringify({ type: "about:blank", title, status, detail, instance: `urn:uuid:${randomUUID()}` })}\n`;
}

export function sendProblem(response: CallersResponse, problem: Problem): void {
  const body = problemBody(problem);
  // What was not understood may hide a second request: nothing more is read from there.
  if (problem.status === 400) response.shouldKeepAlive = false;
  const headers = ["content-type", "application/problem+json", "content-length", String(Buffer.byteLength(body))];
  headers.push("cache-control", "no-store");
  if (problem.retryAfter !== undefined) headers.push("retry-after", String(problem.retryAfter));
  response.sendHead(problem.status, STATUS_CODES[problem.status] ?? "", headers);
  response.end(body, "latin1");
}

/** A whole answer for a connection that has no response object, such as one that sent no valid request. */
export function rawProblem(problem: Problem, reason: string): string {
  const body = problemBody(problem);
  const length = Buffer.byteLength(body);
  const head = `HTTP/1.1 ${problem.status} ${reason}\r\ncontent-type: application/problem+json`;
  return `${head}\r\ncontent-length: ${length}\r\nconnection: close\r\n\r\n${body}`;
}
