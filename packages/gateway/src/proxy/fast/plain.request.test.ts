import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readPlainRequest } from "./plain.request.ts";

const read = (text: string) => readPlainRequest(Buffer.from(text, "latin1"));
const get = (headers: string) => `GET /a HTTP/1.1\r\nHost: x\r\n${headers}\r\n`;
const post = (headers: string, body: string) => `POST /a HTTP/1.1\r\nHost: x\r\n${headers}\r\n${body}`;

describe("a plain request", () => {
  test("is read with its headers as they came, blanks around values taken away", () => {
    expect(
      read("GET /a/b?c=%20d HTTP/1.1\r\nHost: example.org:81\r\nX-One: \t two three \t\r\nx-empty:\r\n\r\n"),
    ).toEqual({
      method: "GET",
      target: "/a/b?c=%20d",
      rawHeaders: ["Host", "example.org:81", "X-One", "two three", "x-empty", ""],
      body: null,
      keepAlive: true,
      size: 82,
    });
  });

  test("may have a body, when that is there, and what comes behind it is the next one's", () => {
    const found = read(post("Content-Length: 5\r\n", "helloGET"));
    expect(found).toMatchObject({ method: "POST", size: 53 });
    expect(String(found?.body)).toBe("hello");
    expect(read(post("", ""))).toMatchObject({ body: null });
    expect(read(post("content-length: 0\r\n", ""))).toMatchObject({ body: null });
  });

  test("says whether the connection is kept", () => {
    expect(read(get("connection: Keep-Alive\r\n"))).toMatchObject({ keepAlive: true });
    expect(read(get("Connection: close\r\n"))).toMatchObject({ keepAlive: false });
  });
});

describe("left to node:http is", () => {
  test.each([
    ["nothing at all", ""],
    ["a head that is not whole", "GET / HTTP/1.1\r\nhost: x\r\n"],
    ["a head that ends in its last line feed", "GET / HTTP/1.1\r\nhost: x\r\n\r"],
    ["a body that is not whole", post("content-length: 5\r\n", "hell")],
    ["an empty line in front", `\r\n${get("")}`],
    ["HTTP/1.0", "GET / HTTP/1.0\r\nhost: x\r\n\r\n"],
    ["HTTP/2's preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
    ["two spaces", "GET  / HTTP/1.1\r\nhost: x\r\n\r\n"],
    ["a method in small letters", "get / HTTP/1.1\r\nhost: x\r\n\r\n"],
    ["an unusual method", "TRACE / HTTP/1.1\r\nhost: x\r\n\r\n"],
    ["CONNECT", "CONNECT x:443 HTTP/1.1\r\nhost: x:443\r\n\r\n"],
    ["a star", "OPTIONS * HTTP/1.1\r\nhost: x\r\n\r\n"],
    ["an absolute target", "GET http://x/ HTTP/1.1\r\nhost: x\r\n\r\n"],
    ["a fragment", "GET /#a HTTP/1.1\r\nhost: x\r\n\r\n"],
    ["a target beyond ASCII", "GET /\xe4 HTTP/1.1\r\nhost: x\r\n\r\n"],
    ["a space in the target", "GET /a b HTTP/1.1\r\nhost: x\r\n\r\n"],
    ["a line feed alone after the request line", "GET / HTTP/1.1\nhost: x\r\n\r\n"],
    ["a line feed alone after a header", "GET / HTTP/1.1\r\nhost: x\nb: c\r\n\r\n"],
    ["a line feed alone at the end", "GET / HTTP/1.1\r\nhost: x\r\n\n"],
    ["a carriage return in a value", get("a: b\rc\r\n")],
    ["a folded header", get("a: b\r\n c\r\n")],
    ["a space before the colon", get("a : b\r\n")],
    ["a name with a control character", get("a\x01: b\r\n")],
    ["no name", get(": b\r\n")],
    ["no colon", get("a\r\n")],
    ["a nul in a value", get("a: \0\r\n")],
    ["a value beyond ASCII", get("a: \xe4\r\n")],
    ["no host", "GET / HTTP/1.1\r\na: b\r\n\r\n"],
    ["two hosts", get("HOST: x\r\n")],
    ["an empty host", "GET / HTTP/1.1\r\nhost:\r\n\r\n"],
    ["a host that is none", "GET / HTTP/1.1\r\nhost: a b\r\n\r\n"],
    ["two lengths", post("content-length: 5\r\nContent-Length: 5\r\n", "hello")],
    ["a list of lengths", post("content-length: 5, 5\r\n", "hello")],
    ["a length with a sign", post("content-length: +5\r\n", "hello")],
    ["a length with zeros in front", post("content-length: 05\r\n", "hello")],
    ["a length in hexadecimal", post("content-length: 0x5\r\n", "hello")],
    ["an empty length", post("content-length:\r\n", "hello")],
    ["a length beyond all numbers", post("content-length: 99999999999999999999\r\n", "hello")],
    ["a transfer coding", post("transfer-encoding: chunked\r\n", "0\r\n\r\n")],
    ["a transfer coding beside a length", post("content-length: 5\r\nTransfer-Encoding: x\r\n", "hello")],
    ["a body where none is usual", get("content-length: 5\r\n").concat("hello")],
    ["an upgrade", get("upgrade: websocket\r\n")],
    ["an expectation", post("expect: 100-continue\r\ncontent-length: 5\r\n", "hello")],
    ["a Connection that lists names", get("connection: close, x-a\r\n")],
    ["two Connections", get("connection: close\r\nconnection: keep-alive\r\n")],
    ["Proxy-Connection", get("proxy-connection: close\r\n")],
    ["a long head", get(`a: ${"b".repeat(16_384)}\r\n`)],
    ["a long target", `GET /${"b".repeat(16_384)} HTTP/1.1\r\nhost: x\r\n\r\n`],
    ["a hundred headers and one", get("a: b\r\n".repeat(100))],
  ])("%s", (_name, text) => {
    expect(read(text)).toBeNull();
  });
});

test("what is read says the same, written again, whatever bytes come", () => {
  const part = fc.constantFrom(
    ...[
      "GET ",
      "POST ",
      "/",
      " HTTP/1.1",
      "\r\n",
      "\r",
      "\n",
      ": ",
      ":",
      " ",
      "\t",
      "host",
      "x",
      "content-length",
      "3",
    ],
    ...[
      "connection",
      "close",
      "transfer-encoding",
      "chunked",
      "abc",
      "\0",
      "\xff",
      "host: x\r\n",
      "content-length: 3\r\n",
    ],
  );
  const bytes = fc.array(part, { maxLength: 14 }).map((parts) => `GET / HTTP/1.1\r\nhost: y\r\n${parts.join("")}`);
  fc.assert(
    fc.property(fc.oneof(bytes, fc.string({ unit: "binary", maxLength: 80 })), (text) => {
      const found = read(text);
      if (found === null) return;
      const lines: string[] = [];
      for (let index = 0; index < found.rawHeaders.length; index += 2) {
        lines.push(`${found.rawHeaders[index]}:${found.rawHeaders[index + 1]}`);
      }
      const whole = text.slice(0, found.size);
      const [head = ""] = whole.split("\r\n\r\n");
      expect(
        head
          .split("\r\n")
          .slice(1)
          .map((line) => line.replace(/:[ \t]*/, ":").replace(/[ \t]+$/, "")),
      ).toEqual(lines);
      expect(whole.slice(head.length + 4)).toBe(found.body?.toString("latin1") ?? "");
      expect(head).not.toMatch(/[^\t\r\n\x20-\x7e]/);
    }),
  );
});
