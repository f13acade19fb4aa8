import { type ErrorCode, SluiceError } from "@sluice/core";
import type { Status } from "./kube.types.ts";

/** The API server answered, and said no: the message is its own. */
export class ApiFailure extends Error {
  override readonly name = "ApiFailure";
  readonly status: number;
  /** A word such as `AlreadyExists`; empty when it said none. */
  readonly reason: string;
  readonly retryAfterMs: number | null;

  constructor(
    status: number,
    { reason = "", message, details }: Partial<Status> = {},
    retryAfterMs: number | null = null,
  ) {
    super(message ?? `HTTP status ${status}`);
    this.status = status;
    this.reason = reason;
    const told = details?.retryAfterSeconds;
    this.retryAfterMs = retryAfterMs ?? (told === undefined ? null : told * 1_000);
  }
}

/** No answer came: refused, reset, too slow. */
export class Unanswered extends Error {
  override readonly name = "Unanswered";
  /** Whether the server cannot have acted on the request. */
  readonly neverSent: boolean;

  constructor(message: string, { cause, neverSent = false }: { cause?: unknown; neverSent?: boolean } = {}) {
    super(message, { cause });
    this.neverSent = neverSent;
  }
}

export const isNotFound = (error: unknown): boolean => error instanceof ApiFailure && error.status === 404;
/** The version that a list or a watch was to go on from is no longer known. */
export const isGone = (error: unknown): boolean =>
  error instanceof ApiFailure && (error.status === 410 || error.reason === "Expired");

/**
 * What a failure means to us. The object comes first, then the cluster's own words:
 * `Deployment shop/greeter-x7k2m-r2: exceeded quota: …`.
 */
export function toSluiceError(error: unknown, object: string): SluiceError {
  if (error instanceof SluiceError) return error;
  const text = error instanceof Error ? error.message : String(error);
  return new SluiceError(codeOf(error), `${object}: ${text}`, { cause: error });
}

/** Of answers whose status says too little, by words that the API server has used for the same thing for years. */
const BY_MESSAGE: readonly [RegExp, ErrorCode][] = [
  [/exceeded quota|quota exceeded/i, "resource_exhausted"],
  [/because it is being terminated/, "failed_precondition"],
  [/admission webhook .* denied the request|denied request:|ValidatingAdmissionPolicy/, "failed_precondition"],
  [/violates PodSecurity/, "failed_precondition"],
  [/failed calling webhook/, "unavailable"],
];

const BY_STATUS: Readonly<Record<number, ErrorCode>> = {
  400: "invalid_argument",
  401: "unauthenticated",
  403: "permission_denied",
  404: "not_found",
  405: "unimplemented",
  409: "aborted",
  410: "aborted",
  413: "invalid_argument",
  415: "unimplemented",
  422: "invalid_argument",
  429: "unavailable",
};

function codeOf(error: unknown): ErrorCode {
  if (error instanceof Unanswered) return "unavailable";
  if (!(error instanceof ApiFailure)) return "internal";
  const spoken = BY_MESSAGE.find(([words]) => words.test(error.message));
  return spoken?.[1] ?? BY_STATUS[error.status] ?? "unavailable";
}
