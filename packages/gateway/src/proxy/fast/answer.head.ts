import {
  ANSWER_VALUE,
  COLON,
  CR,
  consistsOf,
  DIGIT,
  LF,
  SPACE,
  skip,
  skipBlanks,
  TOKEN,
  withoutTrailingBlanks,
} from "./octets.ts";

const MAX_LENGTH_DIGITS = 15;
const VERSION = "HTTP/1.";
/** `HTTP/1.1 200`. */
const STATUS_END = 12;

/** How the body of an answer is delimited (RFC 9112 §6.3): length in bytes, by chunks, or by the connection's end. */
export type BodyFraming = number | "chunked" | "close";

export interface AnswerHead {
  status: number;
  /** As the instance wrote it; may be empty. */
  statusText: string;
  /** Names in lower case and values, as received. */
  headers: string[];
  framing: BodyFraming;
  /** Whether the instance keeps the connection, and for how many seconds at least (null when it does not tell). */
  keepsAlive: boolean;
  keepsSeconds: number | null;
  /** How many bytes it took. */
  size: number;
}

/**
 * Reads the head of an answer at the beginning of `bytes`, by the letter of RFC 9112. Answers "partial" when it is not
 * whole yet, "invalid" when it can become none: folded lines, bare line feeds, two lengths, a length beside chunks, or a
 * transfer coding other than chunked, which cannot be passed on in the sense it was meant.
 */
export function readAnswerHead(bytes: Buffer): AnswerHead | "partial" | "invalid" {
  const end = bytes.indexOf("\r\n\r\n", 0, "latin1");
  if (end === -1) return couldBegin(bytes) ? "partial" : "invalid";
  const text = bytes.toString("latin1", 0, end + 2);
  if (!text.startsWith(VERSION) || text.charCodeAt(8) !== SPACE || skip(bytes, 9, DIGIT) !== STATUS_END)
    return "invalid";
  const minor = text.charCodeAt(7) - ZERO;
  const status = Number(text.slice(9, STATUS_END));
  const lineEnd = text.indexOf("\r", STATUS_END);
  if ((minor !== 0 && minor !== 1) || status < 100 || bytes[lineEnd + 1] !== LF) return "invalid";
  if (lineEnd > STATUS_END && bytes[STATUS_END] !== SPACE) return "invalid";
  // Nobody decides anything by the phrase, so it may hold what cannot be passed on, as long as it ends where it seems to.
  const statusText = text.slice(STATUS_END + 1, lineEnd);
  if (statusText.includes("\n")) return "invalid";

  const headers: string[] = [];
  let length = -1;
  let chunked = false;
  let options = "";
  let keepsSeconds: number | null = null;
  let at = lineEnd + 2;
  while (at < end + 2) {
    const nameEnd = skip(bytes, at, TOKEN);
    if (nameEnd === at || bytes[nameEnd] !== COLON) return "invalid";
    const valueStart = skipBlanks(bytes, nameEnd + 1);
    const valueEnd = skip(bytes, valueStart, ANSWER_VALUE);
    if (bytes[valueEnd] !== CR || bytes[valueEnd + 1] !== LF) return "invalid";
    const name = text.slice(at, nameEnd).toLowerCase();
    const value = text.slice(valueStart, withoutTrailingBlanks(bytes, valueStart, valueEnd));
    switch (name) {
      case "content-length":
        if (length !== -1 || value.length === 0 || value.length > MAX_LENGTH_DIGITS || !consistsOf(value, DIGIT))
          return "invalid";
        length = Number(value);
        break;
      case "transfer-encoding":
        if (chunked || value.toLowerCase() !== "chunked") return "invalid";
        chunked = true;
        break;
      case "connection":
        options += `,${value}`;
        break;
      case "keep-alive":
        keepsSeconds = secondsOf(value);
        break;
    }
    headers.push(name, value);
    at = valueEnd + 2;
  }
  if (chunked && length !== -1) return "invalid";
  const framing = chunked ? "chunked" : length === -1 ? "close" : length;
  return { status, statusText, headers, framing, keepsAlive: keepsBy(options, minor), keepsSeconds, size: end + 4 };
}

/** Whether a head may still come of these bytes: its version is right as far as it is there. */
function couldBegin(bytes: Buffer): boolean {
  const begin = bytes.toString("latin1", 0, VERSION.length);
  return VERSION.startsWith(begin);
}

/** Whether the connection is kept, by all options that `Connection` lists: `close` outweighs everything (RFC 9112 §9.3). */
function keepsBy(options: string, minor: number): boolean {
  if (options === "" || options === ",keep-alive") return minor === 1 || options !== "";
  const named = options
    .toLowerCase()
    .split(",")
    .map((option) => option.trim());
  return !named.includes("close") && (minor === 1 || named.includes("keep-alive"));
}

function secondsOf(value: string): number | null {
  const found = /(?:^|[\s,])timeout=(\d{1,9})/i.exec(value);
  return found === null ? null : Number(found[1]);
}

const ZERO = 48;
