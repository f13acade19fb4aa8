import { SluiceError } from "@sluice/core";

/** SQLSTATEs (or their class of two characters) of a server that is away, starting, stopping or full. */
const AWAY = new Set(["08", "57P01", "57P02", "57P03", "57P05", "53300", "25P03"]);
/** Lost a race with another transaction: the same request may succeed when it is sent again. */
const RACE = new Set(["40001", "40P01", "55P03"]);
/** Text that JSON can carry and PostgreSQL cannot keep. */
const UNSTORABLE = new Set(["22021", "22P05"]);
const SOCKET = new Set(["ECONNREFUSED", "ECONNRESET", "EPIPE", "ETIMEDOUT", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH"]);
/** node-postgres has no code for these. */
const LOST = /Connection terminated|timeout exceeded when trying to connect|not queryable|Client was closed/;

/** What a failure of the database means to the caller; null when it is none, or a bug of ours. */
export function fromDatabase(error: unknown): SluiceError | null {
  if (!(error instanceof Error)) return null;
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  if (AWAY.has(code) || AWAY.has(code.slice(0, 2)) || SOCKET.has(code) || LOST.test(error.message)) {
    return new SluiceError("unavailable", "the database does not answer; nothing was changed, try again", {
      cause: error,
    });
  }
  if (RACE.has(code)) {
    return new SluiceError("aborted", "another change came first; nothing was changed, try again", { cause: error });
  }
  if (code === "57014") {
    return new SluiceError("deadline_exceeded", "the database took too long; nothing was changed", { cause: error });
  }
  if (code === "23505") {
    return new SluiceError("already_exists", "the same exists already; nothing was changed", { cause: error });
  }
  if (code === "23503") {
    const why = "what it refers to is gone, or still in use; nothing was changed";
    return new SluiceError("failed_precondition", why, { cause: error });
  }
  if (UNSTORABLE.has(code)) {
    return new SluiceError("invalid_argument", "the request holds a character that cannot be stored", { cause: error });
  }
  return null;
}
