import { SluiceError } from "@sluice/core";
import type { Obstacle } from "../supervision/driver.ts";

/** What a daemon answered, or why it could not. */
export interface DaemonFailure {
  /** HTTP status; null when there was no answer. */
  status: number | null;
  /** In the daemon's own words, or the connection's. */
  message: string;
}

/** Reads whatever a call to the daemon threw. */
export function failureOf(error: unknown): DaemonFailure {
  if (!(error instanceof Error)) return { status: null, message: String(error) };
  const status = "statusCode" in error && typeof error.statusCode === "number" ? error.statusCode : null;
  const told = "json" in error ? messageIn(error.json) : null;
  if (told !== null) return { status, message: told };
  const code = "code" in error ? String(error.code) : "";
  return { status, message: CONNECTION[code] ?? error.message.trim() };
}

const CONNECTION: Readonly<Record<string, string>> = {
  ENOENT: "there is no such socket; is the daemon running?",
  EACCES: "permission denied on its socket; the user that runs Sluice must be in the socket's group",
  ECONNREFUSED: "connection refused; is the daemon running?",
  ENOTSOCK: "it is no socket",
  ECONNRESET: "the connection broke",
  EPIPE: "the connection broke",
};

function messageIn(json: unknown): string | null {
  if (typeof json !== "object" || json === null || !("message" in json)) return null;
  return typeof json.message === "string" && json.message.trim() !== "" ? json.message.trim() : null;
}

/** The failure as Sluice tells it: what was tried, at which daemon, and the daemon's words. */
export function daemonError(error: unknown, what: string, daemon: string): SluiceError {
  if (error instanceof SluiceError) return error;
  const { status, message } = failureOf(error);
  if (status === null)
    return new SluiceError("unavailable", `Docker at ${daemon} cannot be reached: ${message}`, { cause: error });
  return new SluiceError(codeOf(status), `${what}: ${message} (says Docker at ${daemon})`, { cause: error });
}

function codeOf(status: number): SluiceError["code"] {
  if (status === 404) return "not_found";
  if (status === 409) return "failed_precondition";
  if (status === 401 || status === 403) return "permission_denied";
  return status < 500 ? "invalid_argument" : "unavailable";
}

/** Whether it is about a name that another object has. */
export const isConflict = (error: SluiceError): boolean => failureOf(error.cause).status === 409;

/** What an error means for a launch: no answer is nobody's fault, a refusal is lasting, and a fault of the daemon may pass. */
export function obstacleOf(error: SluiceError): Obstacle {
  const { status } = failureOf(error.cause);
  if (status === null) {
    // Without an answer the daemon was not reached, or we found ourselves what is wrong.
    const fault = error.code === "unavailable" ? "outside" : "lasting";
    return { ok: false, fault, reason: error.message };
  }
  return { ok: false, fault: status >= 500 ? "passing" : "lasting", reason: error.message };
}
