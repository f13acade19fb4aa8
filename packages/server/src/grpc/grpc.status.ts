import { Metadata, type StatusObject, status } from "@grpc/grpc-js";
import { describe, type ErrorCode, SluiceError } from "@sluice/core";
import { fromDatabase } from "../db/failure.ts";
import { loadProto, messageOf } from "./proto.ts";

/** gRPC's code of every error code: the sets are the same by design. */
export const GRPC_STATUS: Readonly<Record<ErrorCode, status>> = {
  cancelled: status.CANCELLED,
  unknown: status.UNKNOWN,
  invalid_argument: status.INVALID_ARGUMENT,
  deadline_exceeded: status.DEADLINE_EXCEEDED,
  not_found: status.NOT_FOUND,
  already_exists: status.ALREADY_EXISTS,
  permission_denied: status.PERMISSION_DENIED,
  resource_exhausted: status.RESOURCE_EXHAUSTED,
  failed_precondition: status.FAILED_PRECONDITION,
  aborted: status.ABORTED,
  out_of_range: status.OUT_OF_RANGE,
  unimplemented: status.UNIMPLEMENTED,
  internal: status.INTERNAL,
  unavailable: status.UNAVAILABLE,
  data_loss: status.DATA_LOSS,
  unauthenticated: status.UNAUTHENTICATED,
};

/** Whose codes the reasons are. */
const DOMAIN = "sluice";

/**
 * Message and details travel in trailers, and some clients take no more than 8 kB of those: characters of the message and of
 * what is said of a field, and how many fields are named.
 */
const MAX_MESSAGE = 1_024;
const MAX_DESCRIPTION = 200;
const MAX_VIOLATIONS = 10;

/** What errors are told in. Reflection knows it too, so that clients show details and not bytes. */
export const ERROR_DETAILS = loadProto("google/rpc/details.proto");
const STATUS = messageOf(ERROR_DETAILS, "google.rpc.Status");

/** The error that a caller is told of; what nobody foresaw becomes `internal`, without its words. */
export function knownError(error: unknown): SluiceError {
  if (error instanceof SluiceError) return error;
  return fromDatabase(error) ?? new SluiceError("internal", "an unexpected error; the log has it by this id");
}

/** An error as gRPC tells it: code, message, and google.rpc details in the trailers. */
export function toStatus(error: SluiceError, requestId: string): StatusObject {
  const code = GRPC_STATUS[error.code];
  const message = cut(error.message, MAX_MESSAGE);
  const packed = STATUS.serialize({ code, message, details: detailsOf(error, requestId) });
  const metadata = new Metadata();
  metadata.set("grpc-status-details-bin", packed);
  metadata.set("x-request-id", requestId);
  return { code, details: message, metadata };
}

function detailsOf(error: SluiceError, requestId: string): object[] {
  const info = pack("google.rpc.ErrorInfo", { reason: error.code.toUpperCase(), domain: DOMAIN });
  const request = pack("google.rpc.RequestInfo", { request_id: requestId });
  if (error.violations.length === 0) return [info, request];
  const field_violations = error.violations.slice(0, MAX_VIOLATIONS).map(({ field, found, allowed }) => ({
    field: cut(field, MAX_DESCRIPTION),
    description: cut(`${describe(found)}; allowed: ${allowed}`, MAX_DESCRIPTION),
  }));
  return [info, pack("google.rpc.BadRequest", { field_violations }), request];
}

const pack = (name: string, value: object) => ({
  type_url: `type.googleapis.com/${name}`,
  value: messageOf(ERROR_DETAILS, name).serialize(value),
});

const cut = (text: string, most: number): string =>
  text.length <= most ? text : `${text.slice(0, most - 1).toWellFormed()}…`;
