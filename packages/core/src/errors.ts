/** The closed set of error codes: gRPC's sixteen, without OK. Each surface maps them once (HTTP, gRPC, exit codes). */
export const ERROR_CODES = [
  "cancelled",
  "unknown",
  "invalid_argument",
  "deadline_exceeded",
  "not_found",
  "already_exists",
  "permission_denied",
  "resource_exhausted",
  "failed_precondition",
  "aborted",
  "out_of_range",
  "unimplemented",
  "internal",
  "unavailable",
  "data_loss",
  "unauthenticated",
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

/** One bad field: where it is, what was found there, what would have been accepted. */
export interface FieldViolation {
  /** A path such as `strategy.steps[2].setWeight`; empty for the whole body. */
  field: string;
  found: unknown;
  allowed: string;
}

/** The only error that crosses a boundary on purpose. Anything else is a bug and becomes `internal`. */
export class SluiceError extends Error {
  override readonly name = "SluiceError";
  readonly code: ErrorCode;
  readonly violations: readonly FieldViolation[];

  constructor(code: ErrorCode, message: string, options: { violations?: FieldViolation[]; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.violations = options.violations ?? [];
  }
}

/** An `invalid_argument` about one field. */
export const invalidField = (field: string, found: unknown, allowed: string): SluiceError =>
  new SluiceError("invalid_argument", `${field || "the body"} is ${describe(found)}; allowed: ${allowed}`, {
    violations: [{ field, found, allowed }],
  });

/** A value as a reader wants to see it in an error: short, quoted, never a whole document. */
export function describe(value: unknown): string {
  if (value === undefined) return "missing";
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}
