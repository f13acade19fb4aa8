import {
  COLON,
  CR,
  consistsOf,
  DIGIT,
  HOST,
  LF,
  SLASH,
  SPACE,
  skip,
  skipBlanks,
  TARGET,
  TOKEN,
  VALUE,
  withoutTrailingBlanks,
} from "./octets.ts";

/** Heads that are longer are node:http's. */
const MAX_HEAD_BYTES = 16_384;
const MAX_HEADERS = 100;
/** Twelve digits are more than any body that could be there whole. */
const MAX_LENGTH_DIGITS = 12;

const VERSION = " HTTP/1.1\r\n";

/** Whether requests of the method may come with a body here. */
const METHODS: ReadonlyMap<string, boolean> = new Map([
  ["GET", false],
  ["HEAD", false],
  ["OPTIONS", false],
  ["DELETE", false],
  ["POST", true],
  ["PUT", true],
  ["PATCH", true],
]);

/** A request about whose meaning nobody can disagree, and which is there as a whole. */
export interface PlainRequest {
  method: string;
  /** In origin form. */
  target: string;
  /** Names and values as received, without the blanks around values. */
  rawHeaders: string[];
  /** Null when there is none. */
  body: Buffer | null;
  /** Whether the caller wants to keep the connection. */
  keepAlive: boolean;
  /** How many of the bytes it took. */
  size: number;
}

/**
 * Reads the request at the beginning of `bytes`, if it is plain: HTTP/1.1 by the letter of RFC 9112, a usual method, a
 * target in origin form, one Host, no framing but one Content-Length, nothing that needs an answer before the answer
 * (Expect, Upgrade), and whole. Null for everything else, which means no fault but that node:http must read it:
 * the two never judge the same bytes differently, for this one judges only what every reader reads alike.
 */
export function readPlainRequest(bytes: Buffer): PlainRequest | null {
  let at = skip(bytes, 0, TOKEN);
  if (at > 7 || bytes[at] !== SPACE || bytes[at + 1] !== SLASH) return null;
  const methodEnd = at;
  const targetEnd = skip(bytes, at + 1, TARGET);
  for (let index = 0; index < VERSION.length; index += 1) {
    if (bytes[targetEnd + index] !== VERSION.charCodeAt(index)) return null;
  }
  if (targetEnd > MAX_HEAD_BYTES) return null;
  const text = bytes.toString("latin1", 0, Math.min(bytes.length, MAX_HEAD_BYTES));
  const method = text.slice(0, methodEnd);
  const mayHaveBody = METHODS.get(method);
  if (mayHaveBody === undefined) return null;

  const rawHeaders: string[] = [];
  let hosts = 0;
  let connections = 0;
  let keepAlive = true;
  let length = -1;
  at = targetEnd + VERSION.length;
  while (bytes[at] !== CR) {
    const nameEnd = skip(bytes, at, TOKEN);
    if (nameEnd === at || bytes[nameEnd] !== COLON || rawHeaders.length === 2 * MAX_HEADERS) return null;
    const valueStart = skipBlanks(bytes, nameEnd + 1);
    const lineEnd = skip(bytes, valueStart, VALUE);
    if (bytes[lineEnd] !== CR || bytes[lineEnd + 1] !== LF || lineEnd > MAX_HEAD_BYTES) return null;
    const name = text.slice(at, nameEnd);
    const value = text.slice(valueStart, withoutTrailingBlanks(bytes, valueStart, lineEnd));
    switch (specialOf(name)) {
      case "host":
        hosts += 1;
        if (value === "" || !consistsOf(value, HOST)) return null;
        break;
      case "content-length":
        if (length !== -1 || !isLength(value)) return null;
        length = Number(value);
        break;
      case "connection": {
        const option = value.toLowerCase();
        connections += 1;
        if (option === "close") keepAlive = false;
        else if (option !== "keep-alive") return null;
        break;
      }
      case "refused":
        return null;
    }
    rawHeaders.push(name, value);
    at = lineEnd + 2;
  }
  if (bytes[at + 1] !== LF || hosts !== 1 || connections > 1) return null;
  const head = at + 2;
  if (head > MAX_HEAD_BYTES) return null;
  if (length <= 0)
    return { method, target: text.slice(methodEnd + 1, targetEnd), rawHeaders, body: null, keepAlive, size: head };
  if (!mayHaveBody || bytes.length < head + length) return null;
  const body = bytes.subarray(head, head + length);
  return { method, target: text.slice(methodEnd + 1, targetEnd), rawHeaders, body, keepAlive, size: head + length };
}

/** What a header means for the framing; null for the many that mean nothing. Lengths first: most names need no more. */
function specialOf(name: string): "host" | "content-length" | "connection" | "refused" | null {
  switch (name.length) {
    case 4:
      return name.toLowerCase() === "host" ? "host" : null;
    case 6:
      return name.toLowerCase() === "expect" ? "refused" : null;
    case 7:
      return name.toLowerCase() === "upgrade" ? "refused" : null;
    case 10:
      return name.toLowerCase() === "connection" ? "connection" : null;
    case 14:
      return name.toLowerCase() === "content-length" ? "content-length" : null;
    case 16:
      return name.toLowerCase() === "proxy-connection" ? "refused" : null;
    case 17:
      return name.toLowerCase() === "transfer-encoding" ? "refused" : null;
    default:
      return null;
  }
}

/** A number as everybody writes it: digits, no zeros in front. */
const isLength = (value: string): boolean =>
  value.length > 0 &&
  value.length <= MAX_LENGTH_DIGITS &&
  consistsOf(value, DIGIT) &&
  (value.length === 1 || value.charCodeAt(0) !== ZERO);

const ZERO = 48;
