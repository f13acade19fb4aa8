import * as fc from "fast-check";
import { expect, test } from "vitest";
import { LONGEST_LINE } from "../../supervision/line.splitter.ts";
import { createPodLines, sinceOf } from "./pod.lines.ts";

const linesOf = (text: string) => {
  const lines = createPodLines();
  return [...lines.push(Buffer.from(text)), ...lines.flush()];
};

test("a line is parted from its time, however exact that is", () => {
  const at = Date.UTC(2026, 0, 2, 3, 4, 5);
  expect(
    linesOf("2026-01-02T03:04:05Z one\n2026-01-02T05:04:05.1200+02:00 two  \n2026-01-02T03:04:05.123456789Z "),
  ).toEqual([
    { text: "one", at, moment: `${at / 1_000}000000000` },
    { text: "two  ", at: at + 120, moment: `${at / 1_000}120000000` },
    { text: "", at: at + 123, moment: `${at / 1_000}123456789` },
  ]);
});

test("times are in order as texts, whatever zeros were left out at their ends", () => {
  const fraction = fc.integer({ min: 0, max: 999_999_999 });
  const written = (nanos: number): string => `.${String(nanos).padStart(9, "0")}`.replace(/\.?0+$/, "");
  fc.assert(
    fc.property(fraction, fraction, (left, right) => {
      const [one, other] = linesOf(
        `2026-01-02T03:04:05${written(left)}Z a\n2026-01-02T03:04:05${written(right)}Z b\n`,
      ).map(({ moment }) => moment);
      expect(Math.sign(String(one).localeCompare(String(other)))).toBe(Math.sign(left - right));
    }),
  );
});

test("the pieces of a long line have its time, also where one looks like a time itself", () => {
  const stamp = "2026-01-02T03:04:05Z ";
  const text = `${"x".repeat(LONGEST_LINE - stamp.length)}${stamp}rest`;
  const [head, rest] = linesOf(`${stamp}${text}\n`);
  expect([head?.text, rest?.text].join("")).toBe(text);
  expect(rest?.at).toBe(head?.at);
});

test("a line without a time has the moment of the line before, and no better idea", () => {
  expect(linesOf("what is this\n")).toEqual([{ text: "what is this", at: null, moment: "0".repeat(19) }]);
});

test("a log is read again from a second before the position on", () => {
  const [line] = linesOf("2026-01-02T03:04:05.9Z one\n");
  expect(sinceOf({ at: line?.moment ?? "", count: 1 })).toBe("2026-01-02T03:04:04.000Z");
});
