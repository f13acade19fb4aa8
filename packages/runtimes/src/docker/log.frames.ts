import type { Stream } from "../supervision/log.file.ts";

/** One entry of a container's output, as the daemon keeps it: a line, or a part of a long one. */
export interface LogEntry {
  stream: Stream;
  /** RFC 3339, as exact as the daemon has it. */
  at: string;
  bytes: Buffer;
}

const HEADER = 8;
/** No daemon writes longer frames; what claims to be one is no frame. */
const LONGEST_FRAME = 1024 * 1024;

/**
 * Takes Docker's multiplexed stream apart: a header of stream (1 byte: 1 or 2), three zeros and the length (4 bytes, big
 * endian), then an entry with its time in front. Throws when it is something else.
 */
export function createFrameReader(): { push(bytes: Buffer): LogEntry[] } {
  let rest: Buffer = Buffer.alloc(0);
  return {
    push(bytes) {
      let data = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
      const entries: LogEntry[] = [];
      while (data.length >= HEADER) {
        const length = data.readUInt32BE(4);
        if (length > LONGEST_FRAME) throw new Error(`a frame of ${length} bytes in a container's output`);
        if (data.length < HEADER + length) break;
        entries.push(entryOf(data[0] === 2 ? "stderr" : "stdout", data.subarray(HEADER, HEADER + length)));
        data = data.subarray(HEADER + length);
      }
      rest = Buffer.from(data);
      return entries;
    },
  };
}

function entryOf(stream: Stream, payload: Buffer): LogEntry {
  const blank = payload.indexOf(0x20);
  return { stream, at: payload.subarray(0, blank).toString("latin1"), bytes: payload.subarray(blank + 1) };
}
