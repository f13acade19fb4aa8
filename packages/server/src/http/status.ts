import { type ErrorCode, SluiceError } from "@sluice/core";

/** HTTP status of every error code (ARCHITECTURE §8). A command not allowed in a phase is a conflict with the state. */
export const HTTP_STATUS: Readonly<Record<ErrorCode, number>> = {
  cancelled: 499,
  unknown: 500,
  invalid_argument: 400,
  deadline_exceeded: 504,
  not_found: 404,
  already_exists: 409,
  permission_denied: 403,
  resource_exhausted: 429,
  failed_precondition: 409,
  aborted: 409,
  out_of_range: 400,
  unimplemented: 501,
  internal: 500,
  unavailable: 503,
  data_loss: 500,
  unauthenticated: 401,
};

/** An error whose status is not that of its code, because what is spoken above HTTP has a word of its own for it. */
export class StatusError extends SluiceError {
  readonly status: number;

  constructor(status: number, code: ErrorCode, message: string) {
    super(code, message);
    this.status = status;
  }
}
