import type { Problem } from "./problem.ts";

/** Why an attempt got no answer, and what follows from it. */
export interface Failure {
  /** What the caller is told when nothing else can be tried. */
  problem: Problem;
  /** Not even a connection: the instance has seen nothing of the request. */
  refused: boolean;
  /** The request itself was at fault, not the instance. */
  callersFault: boolean;
  /** No answer in time: the instance may still be working on the request, so it is not sent again. */
  timedOut: boolean;
}

const failure = (status: number, title: string, detail: string, more: Partial<Failure> = {}): Failure => ({
  problem: { status, title, detail },
  refused: false,
  callersFault: false,
  timedOut: false,
  ...more,
});

const FAILURES: Readonly<Record<string, Failure>> = {
  UND_ERR_INVALID_ARG: failure(400, "Bad request", "The request cannot be passed on as HTTP/1.1.", {
    callersFault: true,
  }),
  UND_ERR_NOT_SUPPORTED: failure(400, "Bad request", "The request uses what the gateway does not support.", {
    callersFault: true,
  }),
  UND_ERR_REQ_CONTENT_LENGTH_MISMATCH: failure(400, "Bad request", "The body is not as long as Content-Length says.", {
    callersFault: true,
  }),
  UND_ERR_HEADERS_TIMEOUT: failure(504, "Timeout", "The instance did not answer in time.", { timedOut: true }),
  UND_ERR_BODY_TIMEOUT: failure(504, "Timeout", "The instance stopped in the middle of its answer.", {
    timedOut: true,
  }),
  UND_ERR_HEADERS_OVERFLOW: failure(502, "Bad gateway", "The headers of the instance's answer are too large."),
};

const REFUSED = failure(502, "Bad gateway", "No connection to the instance could be made.", { refused: true });
const UNREADABLE = failure(502, "Bad gateway", "The instance's answer is not valid HTTP/1.1.");
const RESET = failure(502, "Bad gateway", "The instance closed the connection without an answer.");

/** `sent`: whether the request had been written to a connection when it failed. */
export function failureOf(error: unknown, sent: boolean): Failure {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const known = FAILURES[code];
  if (known !== undefined) return known;
  if (!sent) return REFUSED;
  return code.startsWith("HPE_") ? UNREADABLE : RESET;
}
