import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AnswerBody } from "./answer.body.ts";
import type { BodyFraming } from "./answer.head.ts";

/** Feeds the bytes in parts. Answers what came out, and how many bytes were taken; -1 when they were refused. */
function feed(framing: BodyFraming, ...parts: string[]) {
  const body = new AnswerBody(framing);
  let text = "";
  let taken = 0;
  for (const part of parts) {
    if (body.ended) break;
    const size = body.take(Buffer.from(part, "latin1"), {
      data: (chunk) => {
        text += chunk.toString("latin1");
      },
    });
    if (size === -1) return { text, taken: -1, ended: false, trailers: body.trailers };
    taken += size;
  }
  return { text, taken, ended: body.ended, trailers: body.trailers };
}

const CHUNKED = '3\r\nabc\r\nA;ext="1" \r\n0123456789\r\n0\r\nX-Sum: 1\r\n\r\n';

describe("a body", () => {
  test("of a length ends there, and leaves what follows", () => {
    expect(feed(5, "hel", "lo!")).toEqual({ text: "hello", taken: 5, ended: true, trailers: [] });
    expect(feed(0)).toMatchObject({ ended: true });
    expect(feed(5, "hell")).toMatchObject({ ended: false });
  });

  test("without one goes on until the connection ends", () => {
    expect(feed("close", "hello", "world")).toEqual({ text: "helloworld", taken: 10, ended: false, trailers: [] });
    expect(new AnswerBody("close").endsWithConnection).toBe(true);
  });

  test("in chunks is put together, extensions are dropped, trailers kept", () => {
    const whole = { text: "abc0123456789", taken: CHUNKED.length, ended: true, trailers: ["x-sum", "1"] };
    expect(feed("chunked", `${CHUNKED}HTTP/1.1 200`)).toEqual(whole);
  });

  test("in chunks comes out the same, wherever it is cut", () => {
    const cuts = fc.array(fc.nat(CHUNKED.length), { maxLength: 8 });
    fc.assert(
      fc.property(cuts, (places) => {
        const sorted = [0, ...places.sort((left, right) => left - right), CHUNKED.length];
        const parts = sorted.slice(1).map((end, index) => CHUNKED.slice(sorted[index], end));
        expect(feed("chunked", ...parts)).toMatchObject({
          text: "abc0123456789",
          ended: true,
          trailers: ["x-sum", "1"],
        });
      }),
    );
  });

  test.each([
    ["a size that is none", "x\r\n"],
    ["no size", "\r\n"],
    ["a sign before the size", "+3\r\nabc\r\n"],
    ["a prefix before the size", "0x3\r\nabc\r\n"],
    ["a size without end", `${"0".repeat(13)}\r\n`],
    ["a line feed alone after the size", "3\nabc\r\n"],
    ["a carriage return alone after the size", "3\rabc\r\n"],
    ["something else after the size", "3 abc\r\nabc\r\n"],
    ["a control character in an extension", "3;\x01\r\nabc\r\n"],
    ["a chunk that is longer than it says", "3\r\nabcd\r\n"],
    ["a line feed alone after a chunk", "3\r\nabc\n0\r\n\r\n"],
    ["a trailer that is none", "0\r\nabc\r\n\r\n"],
    ["a trailer with a control character", "0\r\na: \x01\r\n\r\n"],
    ["an extension without end", `3;${"a".repeat(20_000)}`],
    ["trailers without end", `0\r\n${"a: b\r\n".repeat(4_000)}`],
  ])("in chunks is refused with %s", (_name, text) => {
    expect(feed("chunked", text).taken).toBe(-1);
  });
});
