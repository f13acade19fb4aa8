import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createLineSplitter, LONGEST_LINE } from "./line.splitter.ts";

test("lines are the same however the bytes arrive", () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: "grapheme" }).map((text) => text.replace(/[\r\n]/g, ""))),
      fc.nat(7),
      (lines, step) => {
        const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(""));
        const splitter = createLineSplitter();
        const found: string[] = [];
        for (let at = 0; at < bytes.length; at += step + 1)
          found.push(...splitter.push(bytes.subarray(at, at + step + 1)));
        expect([...found, ...splitter.flush()]).toEqual(lines);
      },
    ),
  );
});

test("a line without end comes in bounded pieces that break no character and lose nothing", () => {
  const text = "€".repeat(20_000);
  const splitter = createLineSplitter();
  const pieces = [...splitter.push(Buffer.from(text)), ...splitter.flush()];
  expect(Math.max(...pieces.map((piece) => Buffer.byteLength(piece)))).toBeLessThanOrEqual(LONGEST_LINE);
  expect(pieces.join("")).toBe(text);
});

test("a line that has no newline yet is held back, and a carriage return is dropped", () => {
  const splitter = createLineSplitter();
  expect(splitter.push(Buffer.from("one\r\ntw"))).toEqual(["one"]);
  expect(splitter.flush()).toEqual(["tw"]);
});
