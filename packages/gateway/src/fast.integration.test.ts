import { once } from "node:events";
import { connect, type Socket } from "node:net";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readPlainRequest } from "./proxy/fast/plain.request.ts";
import { bodyOf, sendRaw, startGateway, startInstance, startRawInstance } from "./testing/gateway.fixture.ts";
import { backend, guardConfig, routeConfig, split } from "./testing/route.fixture.ts";

const END = "\r\n\r\n";
const get = (path: string, more = "") => `GET ${path} HTTP/1.1\r\nhost: x\r\n${more}\r\n`;
const LAST = "connection: close\r\n";

/** An instance that tells what it received: everything but what is made by lot. */
const startMirrorInstance = () =>
  startInstance(async (incoming, response) => {
    const body = await bodyOf(incoming);
    const pairs = incoming.rawHeaders.flatMap((name, index, all) =>
      index % 2 === 0 ? [`${name.toLowerCase()}: ${all[index + 1]}`] : [],
    );
    const headers = pairs.filter((line) => !/^traceparent: 00-[0-9a-f]{32}-[0-9a-f]{16}-01$/.test(line)).sort();
    const status = Number(/status=([2-5]\d\d)/.exec(incoming.url ?? "")?.[1] ?? 200);
    response.writeHead(status, { "content-type": "application/json", "set-cookie": ["a=1", "b=2"] });
    response.end(
      JSON.stringify({ method: incoming.method, url: incoming.url, headers, body: body.toString("latin1") }),
    );
  });

/** The same instance behind a gateway with the fast path and one without. */
async function startBoth() {
  const instance = await startMirrorInstance();
  const [fast, slow] = await Promise.all([startGateway(null, true), startGateway(null, false)]);
  for (const { gateway } of [fast, slow]) {
    await gateway.apply(routeConfig({ match: { path: "/a" }, backends: [backend(1, instance.port)] }));
  }
  return { instance, fast, slow };
}

/** Without what differs between any two answers: clocks and ids. */
const comparable = (answers: string): string =>
  answers.replace(/^date: .*$/gim, "date: now").replace(/urn:uuid:[0-9a-f-]{36}/g, "urn:uuid:some");

/** Whether all bytes were valid to the end: the last request of all was answered. */
const allValid = (answers: string): boolean => answers.includes('"url":"/last"');

/**
 * The same answers. Where something invalid follows, node:http gives up answers that are under way, more or fewer of them
 * as its events fall; so one side may have heard less, but nothing else.
 */
function expectAlike(left: string, right: string): void {
  const [shorter = "", longer = ""] = [comparable(left), comparable(right)].sort((a, b) => a.length - b.length);
  expect(allValid(longer) ? longer : longer.slice(0, shorter.length)).toBe(shorter);
}

describe("the fast path and node:http", () => {
  test.each([
    ["a usual request", get("/a/b?c=d", LAST)],
    ["two requests on one connection", get("/a/1") + get("/a/2", LAST)],
    ["twenty at once", get("/a").repeat(19) + get("/a", LAST)],
    [
      "one that is plain, one that is not, and one more",
      `${get("/a")}${get("/a", "te: x\r\nupgrade: y\r\n")}${get("/a", LAST)}`,
    ],
    ["no route", get("/b", LAST)],
    ["HEAD", `HEAD /a HTTP/1.1\r\nhost: x\r\n${LAST}\r\n`],
    ["HEAD without a route", `HEAD /b HTTP/1.1\r\nhost: x\r\n${LAST}\r\n`],
    ["POST with a body", `POST /a HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n${LAST}\r\nhello`],
    ["POST without one", `POST /a HTTP/1.1\r\nhost: x\r\n${LAST}\r\n`],
    ["POST with an empty one", `POST /a HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n${LAST}\r\n`],
    ["GET with an empty one", get("/a", `content-length: 0\r\n${LAST}`)],
    ["GET with a body", `${get("/a", `content-length: 5\r\n${LAST}`)}hello`],
    ["DELETE", `DELETE /a HTTP/1.1\r\nhost: x\r\n${LAST}\r\n`],
    ["OPTIONS", `OPTIONS /a HTTP/1.1\r\nhost: x\r\n${LAST}\r\n`],
    ["chunks", `POST /a HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n${LAST}\r\n5\r\nhello\r\n0\r\n\r\n`],
    ["204", get("/a?status=204", LAST)],
    ["304", get("/a?status=304", LAST)],
    ["503", get("/a?status=503", LAST)],
    ["forwarded headers", get("/a", `X-Forwarded-For: 192.0.2.1\r\nForwarded: x\r\nX-Forwarded-Host: e\r\n${LAST}`)],
    ["hop-by-hop headers", get("/a", `TE: trailers\r\nKeep-Alive: 5\r\nProxy-Authorization: p\r\n${LAST}`)],
    ["claims about the revision", get("/a", `x-sluice-revision: 7\r\nX-Sluice-Mirror: 1\r\n${LAST}`)],
    ["repeated headers", get("/a", `accept: a\r\nAccept: b\r\ncookie: a=b\r\ncookie: c=d\r\n${LAST}`)],
    ["HTTP/1.0", "GET /a HTTP/1.0\r\nhost: x\r\n\r\n"],
  ])("answer alike: %s", async (_name, bytes) => {
    const { fast, slow } = await startBoth();
    const [left, right] = await Promise.all([sendRaw(fast.port, bytes), sendRaw(slow.port, bytes)]);
    expect(right).toMatch(/^HTTP\/1.1 /);
    expect(comparable(left)).toBe(comparable(right));
  });

  test("agree where each request ends and what it is, whatever bytes come at once", async () => {
    const { instance, fast, slow } = await startBoth();
    await fc.assert(
      fc.asyncProperty(manyRequests, async (bytes) => {
        const atFirst = instance.requests;
        const left = await converse(fast.port, [bytes]);
        const between = instance.requests;
        const right = await converse(slow.port, [bytes]);
        expectAlike(left, right);
        // Whatever was valid to its end has reached the instance, as often behind both.
        if (allValid(left)) expect(instance.requests - between).toBe(between - atFirst);
      }),
      { numRuns: 300 },
    );
    for (const { stats } of [fast, slow]) await expect.poll(() => stats(1)?.inFlight).toBe(0);
  });

  test("answer requests one after the other alike, in whatever parts each comes", async () => {
    const { fast, slow } = await startBoth();
    const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(manyRequests, cuts, async (bytes, places) => {
        const left = await converse(fast.port, pieces(bytes), places);
        expectAlike(left, await converse(slow.port, pieces(bytes), places));
      }),
      { numRuns: 100 },
    );
  });

  test("differ in one thing: what follows an end is never read, and costs the answer before it nothing", async () => {
    const { instance, fast } = await startBoth();
    const answer = await sendRaw(fast.port, get("/a", LAST) + get("/a/hidden", LAST));
    expect(answer.match(/HTTP\/1.1 200 OK/g)).toHaveLength(1);
    expect(await sendRaw(fast.port, `${get("/a")}\0`)).toMatch(/^HTTP\/1.1 200 [\s\S]*HTTP\/1.1 400 /);
    expect(instance.requests).toBe(2);
  });
});

describe("a connection to an instance", () => {
  test("is used again, but not after bytes that nobody asked for", async () => {
    const sockets: Socket[] = [];
    const instance = await startRawInstance((socket) => {
      sockets.push(socket);
      socket.on("data", () => socket.write("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nmine"));
    });
    const { gateway, get: ask } = await startGateway(null, true);
    await gateway.apply(routeConfig({ backends: [backend(1, instance.port)] }));
    for (let index = 0; index < 3; index += 1) expect((await ask()).text).toBe("mine");
    expect(sockets).toHaveLength(1);
    const gone = new Promise((resolve) => sockets[0]?.once("close", resolve));
    sockets[0]?.write("HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nforged");
    await gone;
    expect((await ask()).text).toBe("mine");
    expect(sockets).toHaveLength(2);
  });

  test("is not used again when more came than the answer", async () => {
    let connections = 0;
    const instance = await startRawInstance((socket) => {
      connections += 1;
      const answer = "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nmine";
      socket.on("data", () => socket.write(`${answer}HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nforged`));
    });
    const { gateway, get: ask } = await startGateway(null, true);
    await gateway.apply(routeConfig({ backends: [backend(1, instance.port)] }));
    for (let index = 0; index < 3; index += 1) expect((await ask()).text).toBe("mine");
    expect(connections).toBe(3);
  });

  test("that the instance closes while idle costs nobody an answer", async () => {
    const sockets: Socket[] = [];
    const instance = await startRawInstance((socket) => {
      sockets.push(socket);
      socket.on("data", () => socket.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"));
    });
    const { gateway, get: ask, stats } = await startGateway(null, true);
    await gateway.apply(routeConfig({ backends: [backend(1, instance.port)] }));
    for (let round = 0; round < 20; round += 1) {
      expect((await ask("/", { method: "POST", body: "x" })).status).toBe(200);
      sockets.at(-1)?.end();
      await new Promise((resolve) => sockets.at(-1)?.once("close", resolve));
    }
    expect(stats(1)).toMatchObject({ errors: 0, requests: 20 });
  });

  test("ends with an answer that has no other end, in one part or in many", async () => {
    const instance = await startRawInstance((socket) => {
      socket.once("data", () => {
        socket.write("HTTP/1.0 200 OK\r\nx-a: b\r\n\r\nfirst ");
        setImmediate(() => socket.end("second"));
      });
    });
    const { gateway, get: ask } = await startGateway(null, true);
    await gateway.apply(routeConfig({ backends: [backend(1, instance.port)] }));
    for (let index = 0; index < 5; index += 1) expect(await ask()).toMatchObject({ status: 200, text: "first second" });
  });

  test("whose answer comes byte by byte is understood", async () => {
    const answer =
      "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\nx-a: b\r\n\r\n5;x=y\r\nhello\r\n1\r\n!\r\n0\r\nx-sum: 1\r\n\r\n";
    const instance = await startRawInstance((socket) => {
      socket.setNoDelay();
      socket.on("data", () => {
        let at = 0;
        const next = (): void => {
          socket.write(answer[at] ?? "", "latin1");
          at += 1;
          if (at < answer.length) setImmediate(next);
        };
        next();
      });
    });
    const { gateway, port, get: ask } = await startGateway(null, true);
    await gateway.apply(routeConfig({ backends: [backend(1, instance.port)] }));
    const found = await ask();
    expect(found).toMatchObject({ status: 200, text: "hello!" });
    expect(found.headers["x-a"]).toBe("b");
    expect(await sendRaw(port, get("/", LAST))).toMatch(/0\r\nx-sum: 1\r\n\r\n$/);
  });
});

describe("draining", () => {
  test("closes idle connections, and tells the others that they end", async () => {
    const held: (() => void)[] = [];
    const instance = await startInstance((incoming, response) => {
      if (incoming.url === "/held") held.push(() => response.end("done"));
      else response.end("ok");
    });
    const { gateway, port } = await startGateway(null, true);
    await gateway.apply(routeConfig({ backends: [backend(1, instance.port)] }));
    const idle = sendRaw(port, get("/"));
    const busy = sendRaw(port, get("/held"));
    await expect.poll(() => [held.length, instance.requests]).toEqual([1, 2]);
    const closed = gateway.close(30_000);
    expect(await idle).toContain("200 OK");
    held[0]?.();
    expect(await busy).toMatch(/connection: close\r\n[\s\S]*done/i);
    await closed;
  });
});

/** Up to three requests, good, bad and nearly good, and a good one to end with, as bytes. */
const manyRequests = (() => {
  const line = fc.constantFrom(
    ...["GET /a", "GET /a/b?c", "POST /a", "PUT /a", "PATCH /b", "HEAD /a"],
    ...["get /a", "TRACE /a", "GET  /a", "GET a", "OPTIONS *", "GET http://y/a", "GET /a#b", "GET /a{}"],
  );
  const version = fc.constantFrom(
    ...[" HTTP/1.1\r\n", " HTTP/1.1\r\n", " HTTP/1.1\r\n", " HTTP/1.1\r\n"],
    ...[" HTTP/1.0\r\n", "\r\n", " HTTP/1.1\n", " HTTP/2.0\r\n", " HTTP/1.1 \r\n"],
  );
  const header = fc.oneof(
    fc.constantFrom(
      ...["content-length: 5\r\n", "Content-Length: 3\r\n", "content-length: 05\r\n", "content-length:5\r\n"],
      ...["transfer-encoding: chunked\r\n", "Transfer-Encoding: x\r\n", "connection: keep-alive\r\n", "host: y\r\n"],
      ...[
        "x-a: b\r\n",
        "x-a : b\r\n",
        "x-a: b\n",
        "x-a: b\r\n c\r\n",
        "x-a:\tb \r\n",
        "\r\n",
        ": b\r\n",
        "x-a: \0\r\n",
      ],
      ...["x-a: \xe4\r\n", "connection: x-a\r\n", "te: x\r\n", "cookie: a=b\r\n", "x-forwarded-for: 1.2.3.4\r\n"],
    ),
    fc
      .tuple(fc.string({ minLength: 1, maxLength: 8 }), fc.string({ maxLength: 8 }))
      .map((pair) => `${pair.join(": ")}\r\n`),
  );
  const body = fc.constantFrom("", "", "hello", "abc", "5\r\nhello\r\n0\r\n\r\n", "0\r\n\r\n", "\r\n");
  const request = fc
    .tuple(line, version, fc.array(header, { maxLength: 4 }), body)
    .map(([first, rest, headers, end]) => `${first}${rest}host: x\r\n${headers.join("")}\r\n${end}`);
  return fc
    .array(request, { minLength: 1, maxLength: 3 })
    .map((requests) => Buffer.from(requests.join("") + get("/a/last", LAST), "latin1"));
})();

/** The plain requests that the bytes begin with, each alone, and the rest in one. */
function pieces(bytes: Buffer): Buffer[] {
  const found = readPlainRequest(bytes);
  if (found === null) return [bytes];
  return [bytes.subarray(0, found.size), ...(found.keepAlive ? pieces(bytes.subarray(found.size)) : [])];
}

/**
 * Sends each part, itself cut at these places (shares of the whole), waits for its answer, and resolves with all that
 * came back once the connection closed, or nothing has come for very long.
 */
async function converse(port: number, parts: readonly Buffer[], places: readonly number[] = []): Promise<string> {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  const closed = once(socket, "close");
  let text = "";
  socket.on("data", (chunk) => {
    text += chunk.toString("latin1");
  });
  socket.on("error", () => undefined);
  socket.setTimeout(5_000, () => socket.destroy());
  for (const [index, part] of parts.entries()) {
    const from = text.length;
    let at = 0;
    for (const end of [...places.map((place) => Math.floor(place * part.length)).sort((a, b) => a - b), part.length]) {
      if (socket.destroyed) break;
      await new Promise((resolve) => socket.write(part.subarray(at, end), resolve));
      at = end;
    }
    const bodiless = part.subarray(0, 4).toString() === "HEAD";
    while (index < parts.length - 1 && !socket.destroyed && !isWhole(text.slice(from), bodiless)) {
      await Promise.race([once(socket, "data"), closed]);
    }
  }
  await closed;
  return text;
}

/** Whether an answer, which has a length, is there to its end. */
function isWhole(answer: string, bodiless: boolean): boolean {
  const end = answer.indexOf(END);
  const length = bodiless ? 0 : Number(/^content-length: (\d+)/im.exec(answer)?.[1]);
  return end !== -1 && answer.length >= end + END.length + length;
}

describe("the latency that the guard compares", () => {
  /** Answers when it is told to, so that requests overlap as the test wants. */
  const startPatient = async () => {
    const waiting: (() => void)[] = [];
    const instance = await startInstance(async (_incoming, response) => {
      waiting.push(() => response.end("ok"));
    });
    return { instance, waiting };
  };

  test("leaves out requests that met a new connection beside others, and their moment for both arms", async () => {
    const { instance, waiting } = await startPatient();
    const { gateway, port } = await startGateway(null, true);
    const backends = [backend(1, instance.port), backend(2, instance.port)];
    await gateway.apply(routeConfig({ match: { path: "/" }, split: split(5_000), backends, guard: guardConfig() }));
    const counts = () => gateway.snapshot().routes[0]?.counts;
    const together = async (requests: number) => {
      const answers = Array.from({ length: requests }, () => sendRaw(port, get("/a", LAST)));
      await expect.poll(() => waiting.length).toBe(requests);
      for (const answer of waiting.splice(0)) answer();
      await Promise.all(answers);
    };
    await together(40);
    await expect.poll(() => (counts()?.stable.requests ?? 0) + (counts()?.candidate.requests ?? 0)).toBe(40);
    const timed = () => [counts()?.stable.latency ?? [], counts()?.candidate.latency ?? []].flat();
    expect(timed()).toEqual([]);
    // Now there are connections for everybody, and both instances have answered often enough.
    for (let request = 0; request < 20; request += 1) await together(1);
    await expect.poll(() => timed().length).toBeGreaterThan(0);
  });
});
