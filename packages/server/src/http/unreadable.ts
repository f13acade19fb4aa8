import { randomUUID } from "node:crypto";
import type { Socket } from "node:net";
import { type ErrorCode, SluiceError } from "@sluice/core";
import type { FastifyReply, FastifyRequest } from "fastify";
import { PROBLEM_TYPE, toProblem } from "./problem.ts";

/** Characters of what stands between two slashes of a path, where it stands for something. */
export const LONGEST_PART = 255;

/** Answers an address that no route can be looked up by: one that cannot be decoded, or with a part that is too long. */
export function refuseAddress(error: { code: string }, request: FastifyRequest, reply: FastifyReply): void {
  const why =
    error.code === "FST_ERR_MAX_PARAM_LENGTH"
      ? `a part of the path has more than ${LONGEST_PART} characters`
      : "the path cannot be decoded: % needs two hexadecimal digits, and together they must be UTF-8";
  const problem = toProblem(new SluiceError("invalid_argument", why), request.id, 400);
  reply
    .code(400)
    .type(PROBLEM_TYPE)
    .send(Buffer.from(JSON.stringify(problem)));
}

interface Refusal {
  status: number;
  phrase: string;
  code: ErrorCode;
  detail: string;
}

const BAD: Refusal = {
  ...{
    status: 400,
    phrase: "Bad Request",
    code: "invalid_argument",
    detail: "what was sent is no request of HTTP/1.1",
  },
};

const REFUSALS: Readonly<Record<string, Refusal>> = {
  HPE_HEADER_OVERFLOW: {
    ...{ status: 431, phrase: "Request Header Fields Too Large", code: "resource_exhausted" },
    detail: "address and headers together are larger than 16 KiB",
  },
  ERR_HTTP_REQUEST_TIMEOUT: {
    ...{ status: 408, phrase: "Request Timeout", code: "deadline_exceeded" },
    detail: "the request did not arrive in time",
  },
};

/** Answers what Node could not read as a request, and hangs up. */
export function refuseUnreadable(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const { status, phrase, code, detail } = REFUSALS[error.code ?? ""] ?? BAD;
  const body = JSON.stringify(toProblem(new SluiceError(code, detail), randomUUID(), status));
  const head = [
    `HTTP/1.1 ${status} ${phrase}`,
    `content-type: ${PROBLEM_TYPE}`,
    `content-length: ${Buffer.byteLength(body)}`,
    "connection: close",
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`);
}
