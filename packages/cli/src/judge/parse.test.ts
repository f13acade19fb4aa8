import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CliError } from "../exit.ts";
import { parseEventLine } from "./events.ts";
import { type Line, LONGEST_LINE, linesOf } from "./lines.ts";
import { parseSeries } from "./series.ts";

const points = (text: string, file: string, only?: string[]) =>
  Object.fromEntries(parseSeries(text, file, only).series);

describe("a file of series", () => {
  test("is a list, an object of lists, or CSV by its name", () => {
    expect(points("[1, 2.5]", "a.json")).toEqual({ value: [1, 2.5] });
    expect(points('{"latency": [1], "errors": [0, 2]}', "a.json")).toEqual({ latency: [1], errors: [0, 2] });
    expect(points("latency,errors\n1,0\n2,3\n", "a.CSV")).toEqual({ latency: [1, 2], errors: [0, 3] });
  });

  test("has points that are not there: null, NaN and empty cells, and lists without any", () => {
    // edge case 26
    expect(points('[1, null, "NaN"]', "a.json")).toEqual({ value: [1, null, null] });
    expect(points("latency,errors\n1,\nNaN,2\n", "a.csv")).toEqual({ latency: [1, null], errors: [null, 2] });
    expect(points("[]", "a.json")).toEqual({ value: [] });
    expect(points("latency\n", "a.csv")).toEqual({ latency: [] });
  });

  test("may end in a line that is cut off, which is left out with a note", () => {
    // edge case 27
    const { series, notes } = parseSeries("latency,errors\n1,0\n2", "a.csv");
    expect(Object.fromEntries(series)).toEqual({ latency: [1], errors: [0] });
    expect(notes).toEqual(["a.csv:3: the last line is cut off and was left out"]);
  });

  test("is only looked at where it was asked for", () => {
    expect(points("time,latency\nnoon,1\n", "a.csv", ["latency"])).toEqual({ latency: [1] });
  });

  test.each([
    ["nope", "a.json", "a.json: not JSON"],
    ["7", "a.json", "a.json: found 7; allowed: a list of numbers"],
    ["{}", "a.json", "a.json: there are no metrics"],
    ['{"latency": 3}', "a.json", "a.json: latency is 3; allowed: a list of numbers"],
    ['{"latency": [1, "fast"]}', "a.json", 'a.json: latency[1] is "fast"; allowed: a number or null'],
    ["latency\n1\nfast\n", "a.csv", 'a.csv:3: latency is "fast"; allowed: a number, or nothing'],
    ["a,b\n1,2\n3\n4,5\n", "a.csv", "a.csv:3: 1 cells; the header has 2 columns"],
    ['a\n"1\n', "a.csv", "a.csv: not CSV"],
    [`[${"1,".repeat(100_000)}1]`, "a.json", "100001 points; at most 100000 are allowed"],
  ])("%.30j in %s is refused: where, what, and what is allowed", (text, file, message) => {
    expect(() => parseSeries(text, file)).toThrow(message);
  });

  test("has the metrics that are asked for", () => {
    expect(() => parseSeries('{"a": [1]}', "a.json", ["b"])).toThrow('a.json: there is no metric "b"; it has');
  });

  test("is read or refused, whatever is in it", () => {
    const text = fc.oneof(
      fc.string(),
      fc.json(),
      fc.array(fc.array(fc.string())).map((rows) => rows.map((row) => row.join()).join("\n")),
    );
    fc.assert(
      fc.property(text, fc.constantFrom("a.json", "a.csv"), (input, file) => {
        try {
          for (const list of parseSeries(input, file).series.values())
            for (const point of list) expect(point === null || !Number.isNaN(point)).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(CliError);
        }
      }),
    );
  });
});

async function lines(...pieces: string[]): Promise<Line[]> {
  async function* source() {
    yield* pieces;
  }
  return Array.fromAsync(linesOf(source()));
}

describe("a file of events", () => {
  test("comes in pieces and is read by lines", async () => {
    expect(await lines("a\nb", "c\n", "", "d")).toEqual([
      { number: 1, text: "a", unfinished: false },
      { number: 2, text: "bc", unfinished: false },
      { number: 3, text: "d", unfinished: true },
    ]);
    expect(await lines()).toEqual([]);
  });

  test("is not gathered without end when a line has none", async () => {
    const [line] = await lines(
      ..."x"
        .repeat(10)
        .split("")
        .map((letter) => letter.repeat(50_000)),
    );
    expect(line?.text.length).toBe(LONGEST_LINE + 1);
    expect(() => parseEventLine(line ?? { number: 1, text: "", unfinished: true }, "e.ndjson")).toThrow(
      "e.ndjson:1: the line is longer than 65536 characters",
    );
  });

  test("may end in a line that is cut off, and hold empty ones", () => {
    // edge case 27
    const read = (text: string, unfinished: boolean) =>
      parseEventLine({ number: 9, text, unfinished }, "e.ndjson").outcome;
    expect(read('{"arm":"sta', true)).toBe("unfinished");
    expect(read('{"arm":"stable","ok":true}', true)).toBe("event");
    expect(read("  ", false)).toBe("empty");
    expect(() => read('{"arm":"sta', false)).toThrow("e.ndjson:9: not JSON");
  });

  test("is refused with the line, the field, what was found and what is allowed", () => {
    const read = (text: string) => parseEventLine({ number: 7, text, unfinished: false }, "e.ndjson");
    expect(() => read('{"arm":"canary","ok":true}')).toThrow(
      'e.ndjson:7: arm is "canary"; allowed: "stable" or "candidate"',
    );
    expect(() => read('{"arm":"stable","ok":true,"score":2}')).toThrow(
      "e.ndjson:7: score is 2; allowed: a number from 0 to 1",
    );
  });

  test("is read or refused line by line, whatever is in it", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), fc.boolean(), (text, unfinished) => {
        try {
          parseEventLine({ number: 1, text, unfinished }, "e.ndjson");
        } catch (error) {
          expect(error).toBeInstanceOf(CliError);
        }
      }),
    );
  });
});
