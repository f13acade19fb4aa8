import type { BodyFraming } from "./answer.head.ts";
import {
  ANSWER_VALUE,
  COLON,
  CR,
  HEX,
  LF,
  SEMICOLON,
  skip,
  skipBlanks,
  TOKEN,
  withoutTrailingBlanks,
} from "./octets.ts";

/** A chunk's size has at most so many digits, its line and the trailers together at most so many bytes. */
const MAX_SIZE_DIGITS = 12;
const MAX_LINE_BYTES = 16_384;

/** What a body's bytes turn out to be. */
export interface BodySink {
  data(chunk: Buffer): void;
}

/**
 * Finds the end of an answer's body in the bytes that come in, and takes chunks apart (RFC 9112 §7.1). What is no valid
 * chunk is refused, so that this gateway and a caller behind it can never disagree where an answer ends.
 */
export class AnswerBody {
  readonly #chunked: boolean;
  /** Bytes still to come of the body, or of the chunk; infinite when the connection's end ends it. */
  #left: number;
  /** Where in the chunked form the next byte stands. */
  #at: "size" | "data" | "after" | "trailers" = "size";
  /** A line that is not whole yet. */
  #line: Buffer | null = null;
  #trailerBytes = 0;
  /** Names in lower case and values, once the body has ended. */
  readonly trailers: string[] = [];
  ended: boolean;

  constructor(framing: BodyFraming) {
    this.#chunked = framing === "chunked";
    this.#left = framing === "close" ? Number.POSITIVE_INFINITY : framing === "chunked" ? 0 : framing;
    this.ended = framing === 0;
  }

  /** Whether the end of the connection is its end too. */
  get endsWithConnection(): boolean {
    return this.#left === Number.POSITIVE_INFINITY;
  }

  /** Takes bytes. Answers how many of them belonged to the body, or -1 when they are no valid chunks. */
  take(bytes: Buffer, sink: BodySink): number {
    if (this.#chunked) return this.#takeChunks(bytes, sink);
    if (bytes.length <= this.#left) {
      this.#left -= bytes.length;
      this.ended = this.#left === 0;
      if (bytes.length > 0) sink.data(bytes);
      return bytes.length;
    }
    const taken = this.#left;
    this.#left = 0;
    this.ended = true;
    if (taken > 0) sink.data(bytes.subarray(0, taken));
    return taken;
  }

  #takeChunks(bytes: Buffer, sink: BodySink): number {
    let at = 0;
    while (at < bytes.length && !this.ended) {
      if (this.#at === "data") {
        const end = Math.min(bytes.length, at + this.#left);
        this.#left -= end - at;
        sink.data(at === 0 && end === bytes.length ? bytes : bytes.subarray(at, end));
        if (this.#left === 0) this.#at = "after";
        at = end;
        continue;
      }
      const feed = bytes.indexOf(LF, at);
      const end = feed === -1 ? bytes.length : feed + 1;
      const part = bytes.subarray(at, end);
      const line = this.#line === null ? part : Buffer.concat([this.#line, part]);
      if (line.length > MAX_LINE_BYTES) return -1;
      at = end;
      if (feed === -1) {
        // A copy: the part would keep the whole read in memory.
        this.#line = Buffer.from(line);
        return at;
      }
      this.#line = null;
      if (!this.#takeLine(line)) return -1;
    }
    return at;
  }

  /** One line with its line feed; false when it is not valid where it stands. */
  #takeLine(line: Buffer): boolean {
    const end = line.length - 2;
    if (line[end] !== CR) return false;
    switch (this.#at) {
      case "size":
        return this.#takeSize(line, end);
      case "after":
        this.#at = "size";
        return end === 0;
      case "trailers":
        return this.#takeTrailer(line, end);
      case "data":
        return false;
    }
  }

  #takeSize(line: Buffer, end: number): boolean {
    const digits = skip(line, 0, HEX);
    if (digits === 0 || digits > MAX_SIZE_DIGITS) return false;
    // Extensions mean nothing to anybody; they are read over, and not passed on.
    const rest = skipBlanks(line, digits);
    if (rest !== end && (line[rest] !== SEMICOLON || skip(line, rest, ANSWER_VALUE) !== end)) return false;
    this.#left = Number.parseInt(line.toString("latin1", 0, digits), 16);
    this.#at = this.#left === 0 ? "trailers" : "data";
    return true;
  }

  #takeTrailer(line: Buffer, end: number): boolean {
    if (end === 0) {
      this.ended = true;
      return true;
    }
    this.#trailerBytes += line.length;
    const nameEnd = skip(line, 0, TOKEN);
    if (this.#trailerBytes > MAX_LINE_BYTES || nameEnd === 0 || line[nameEnd] !== COLON) return false;
    const valueStart = skipBlanks(line, nameEnd + 1);
    if (skip(line, valueStart, ANSWER_VALUE) !== end) return false;
    const valueEnd = withoutTrailingBlanks(line, valueStart, end);
    this.trailers.push(
      line.toString("latin1", 0, nameEnd).toLowerCase(),
      line.toString("latin1", valueStart, valueEnd),
    );
    return true;
  }
}
