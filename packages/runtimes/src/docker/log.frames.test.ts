import fc from "fast-check";
import { expect, test } from "vitest";
import { createResume, type LogPosition, positionAfter } from "../supervision/log.position.ts";
import { createFrameReader, type LogEntry } from "./log.frames.ts";

/** As the daemon writes it: header, time, blank, text. */
function frame({ stream, at, bytes }: LogEntry): Buffer {
  const payload = Buffer.concat([Buffer.from(`${at} `), bytes]);
  const header = Buffer.alloc(8);
  header[0] = stream === "stderr" ? 2 : 1;
  header.writeUInt32BE(payload.length, 4);
  return Buffer.concat([header, payload]);
}

const entries = fc.array(
  fc.record({
    stream: fc.constantFrom("stdout" as const, "stderr" as const),
    at: fc.integer({ min: 0, max: 5 }).map((second) => `2026-01-01T00:00:0${second}Z`),
    bytes: fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
  }),
  { maxLength: 30 },
);

const sorted = (list: LogEntry[]): LogEntry[] => list.toSorted((a, b) => a.at.localeCompare(b.at));

test("a stream is taken apart into its entries, however it was cut on its way", () => {
  fc.assert(
    fc.property(entries, fc.array(fc.integer({ min: 1, max: 50 })), (list, cuts) => {
      const reader = createFrameReader();
      let rest = Buffer.concat(list.map(frame));
      const read: LogEntry[] = [];
      for (const cut of [...cuts, rest.length]) {
        read.push(...reader.push(rest.subarray(0, cut)));
        rest = rest.subarray(cut);
      }
      read.push(...reader.push(rest));
      expect(read).toEqual(list);
    }),
  );
});

test("what claims to be a frame of a gigabyte is none", () => {
  const header = Buffer.from([1, 0, 0, 0, 0x40, 0, 0, 0]);
  expect(() => createFrameReader().push(header)).toThrow(/1073741824 bytes/);
});

test("output that is read again from an earlier moment gives every entry once, also several of one moment", () => {
  fc.assert(
    fc.property(entries, fc.nat(), (unsorted, cut) => {
      const list = sorted(unsorted);
      const seen = list.slice(0, cut % (list.length + 1));
      const position = seen.reduce<LogPosition | null>(positionAfter, null);
      const isNew = createResume(position);
      expect([...seen, ...list.filter(isNew)]).toEqual(list);
    }),
  );
});
