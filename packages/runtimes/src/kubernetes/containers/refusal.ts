import { type ErrorCode, SluiceError } from "@sluice/core";

/** What the cluster says no to will be refused again, as long as nobody changes something; everything else may pass. */
const REFUSALS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "invalid_argument",
  "failed_precondition",
  "permission_denied",
  "resource_exhausted",
  "already_exists",
  "not_found",
  "unimplemented",
]);

export const isRefusal = (error: unknown): error is SluiceError =>
  error instanceof SluiceError && REFUSALS.has(error.code);
