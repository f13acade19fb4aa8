import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readAnswerHead } from "./answer.head.ts";

const read = (text: string) => readAnswerHead(Buffer.from(text, "latin1"));
const ok = (headers: string) => read(`HTTP/1.1 200 OK\r\n${headers}\r\n`);

describe("the head of an answer", () => {
  test("is read with names in lower case and the reason as written", () => {
    expect(read("HTTP/1.1 404 Not \xe4 here\r\nX-One: two \r\ncontent-LENGTH: 3\r\n\r\nabc")).toEqual({
      status: 404,
      statusText: "Not \xe4 here",
      headers: ["x-one", "two", "content-length", "3"],
      framing: 3,
      keepsAlive: true,
      keepsSeconds: null,
      size: 59,
    });
  });

  test("may lack a reason, and the space before it", () => {
    expect(read("HTTP/1.1 200 \r\n\r\n")).toMatchObject({ status: 200, statusText: "" });
    expect(read("HTTP/1.1 200\r\n\r\n")).toMatchObject({ status: 200, statusText: "" });
  });

  test("says how the body ends", () => {
    expect(ok("content-length: 7\r\n")).toMatchObject({ framing: 7 });
    expect(ok("Transfer-Encoding: Chunked\r\n")).toMatchObject({ framing: "chunked" });
    expect(ok("")).toMatchObject({ framing: "close" });
  });

  test("says whether the connection is kept, and how long", () => {
    expect(ok("connection: keep-alive\r\nkeep-alive: timeout=5, max=100\r\n")).toMatchObject({
      keepsAlive: true,
      keepsSeconds: 5,
    });
    expect(ok("Connection: x-a, Close\r\n")).toMatchObject({ keepsAlive: false });
    expect(ok("connection: close\r\nconnection: keep-alive\r\n")).toMatchObject({ keepsAlive: false });
    expect(read("HTTP/1.0 200 OK\r\n\r\n")).toMatchObject({ keepsAlive: false });
    expect(read("HTTP/1.0 200 OK\r\nconnection: keep-alive\r\n\r\n")).toMatchObject({ keepsAlive: true });
  });

  test("takes a reason as it is: what cannot be passed on is left out later", () => {
    expect(read("HTTP/1.1 200 O\x01K\r\n\r\n")).toMatchObject({ status: 200, statusText: "O\x01K" });
  });

  test("waits for what is missing, as long as it can become one", () => {
    const whole = "HTTP/1.1 200 OK\r\na: b\r\n\r\n";
    for (let length = 0; length < whole.length; length += 1) expect(read(whole.slice(0, length))).toBe("partial");
    expect(read("SSH-2.0")).toBe("invalid");
    expect(read("HTTP/2")).toBe("invalid");
  });

  test.each([
    ["another version", "HTTP/1.2 200 OK\r\n\r\n"],
    ["a status of four digits", "HTTP/1.1 2000 OK\r\n\r\n"],
    ["a status of two digits", "HTTP/1.1 20 OK\r\n\r\n"],
    ["a status below 100", "HTTP/1.1 099 OK\r\n\r\n"],
    ["a line feed in the reason", "HTTP/1.1 200 O\nK\r\n\r\n"],
    ["a carriage return in the reason", "HTTP/1.1 200 O\rK\r\n\r\n"],
    ["a space before the colon", "HTTP/1.1 200 OK\r\na : b\r\n\r\n"],
    ["a folded header", "HTTP/1.1 200 OK\r\na: b\r\n c\r\n\r\n"],
    ["a line feed alone", "HTTP/1.1 200 OK\r\na: b\nc: d\r\n\r\n"],
    ["a carriage return alone", "HTTP/1.1 200 OK\r\na: b\rc: d\r\n\r\n"],
    ["a nul", "HTTP/1.1 200 OK\r\na: \0\r\n\r\n"],
    ["two lengths", "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 1\r\n\r\n"],
    ["a length that is no number", "HTTP/1.1 200 OK\r\ncontent-length: 1,1\r\n\r\n"],
    ["a length beside chunks", "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n"],
    ["chunks twice", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n"],
    ["another transfer coding", "HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n"],
  ])("is invalid with %s", (_name, text) => {
    expect(read(text)).toBe("invalid");
  });

  test("never carries what would begin a line of its own, whatever bytes come", () => {
    const part = fc.constantFrom(
      "\r\n",
      "\r",
      "\n",
      ":",
      ": ",
      "a",
      "\0",
      "\xff",
      "content-length: 3\r\n",
      "b: c\r\n",
      " ",
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
        const head = ok(parts.join(""));
        if (typeof head === "string") return;
        expect(head.headers.join("")).not.toMatch(/[\r\n\0]/);
      }),
    );
  });
});
