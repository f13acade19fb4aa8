import { SluiceError } from "@sluice/core";

/** Codes of what would fail in the same way again. */
const LASTING = new Set([
  "invalid_argument",
  "not_found",
  "already_exists",
  "permission_denied",
  "failed_precondition",
  "unimplemented",
  "out_of_range",
]);

/** Whether the error says what is wrong with what was asked, rather than that something broke. */
export const isSluiceProblem = (error: unknown): error is SluiceError =>
  error instanceof SluiceError && LASTING.has(error.code);
