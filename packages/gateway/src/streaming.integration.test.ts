import { once } from "node:events";
import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import { Readable } from "node:stream";
import { request } from "undici";
import { describe, expect, onTestFinished, test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import {
  bodyOf,
  sendRaw,
  startGateway,
  startInstance,
  startRawInstance,
  startTextInstance,
} from "./testing/gateway.fixture.ts";
import { backend, routeConfig } from "./testing/route.fixture.ts";

const MEBIBYTE = 1_048_576;

async function gatewayTo(port: number) {
  const running = await startGateway();
  await running.gateway.apply(routeConfig({ backends: [backend(1, port)] }));
  return running;
}

describe("bodies", () => {
  test("100 MB go up and down and arrive whole", async () => {
    const size = 100 * MEBIBYTE;
    const instance = await startInstance((incoming, response) => {
      response.writeHead(200, { "content-length": size });
      incoming.pipe(response);
    });
    const { url, stats } = await gatewayTo(instance.port);
    const { body, statusCode } = await request(url, { method: "POST", body: Readable.from(mebibytes(100)) });
    let received = 0;
    for await (const part of body) received += part.length;
    expect([statusCode, received]).toEqual([200, size]);
    expect(stats(1)).toMatchObject({ bytesIn: size, bytesOut: size });
  });

  test("an instance that does not read holds the caller back", async () => {
    let read = (): void => undefined;
    const instance = await startInstance((incoming, response) => {
      incoming.pause();
      read = () => incoming.resume().on("end", () => response.end("all of it"));
    });
    const { url } = await gatewayTo(instance.port);
    let taken = 0;
    const body = Readable.from(
      mebibytes(100, () => {
        taken += 1;
      }),
    );
    const pending = request(url, { method: "POST", body });
    await untilStill(() => taken);
    expect(taken).toBeGreaterThan(0);
    expect(taken).toBeLessThan(60);
    read();
    expect(await (await pending).body.text()).toBe("all of it");
    expect(taken).toBe(100);
  });

  test("a caller that does not read holds the instance back", async () => {
    let written = 0;
    const instance = await startInstance((_incoming, response) => {
      const chunk = Buffer.alloc(64 * 1_024);
      const fill = (): void => {
        while (written < 100 * MEBIBYTE) {
          written += chunk.length;
          if (!response.write(chunk)) {
            response.once("drain", fill);
            return;
          }
        }
        response.end();
      };
      fill();
    });
    const { port, stats } = await gatewayTo(instance.port);
    const socket = connect(port, "127.0.0.1");
    onTestFinished(() => void socket.destroy());
    socket.pause();
    socket.write("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
    await expect.poll(() => stats(1)?.bytesOut ?? 0).toBeGreaterThan(0);
    await untilStill(() => written);
    // What was taken is what the kernel's buffers hold: far from all of it.
    expect(written).toBeLessThan(60 * MEBIBYTE);
    socket.resume();
    await expect.poll(() => stats(1)?.bytesOut).toBe(100 * MEBIBYTE);
  });

  test("a small answer without a length, and one in parts, arrive whole", async () => {
    const instance = await startInstance((incoming, response) => {
      response.write("one ");
      if (incoming.url === "/parts") setImmediate(() => response.end("two"));
      else response.end("two");
    });
    const { get } = await gatewayTo(instance.port);
    expect(await get("/")).toMatchObject({ status: 200, text: "one two" });
    expect(await get("/parts")).toMatchObject({ status: 200, text: "one two" });
  });

  test("bytes that are no text pass unchanged", async () => {
    const bytes = Buffer.from(Array.from({ length: 4_096 }, (_, index) => index % 256));
    const instance = await startInstance((_incoming, response) => response.end(bytes));
    const { url } = await gatewayTo(instance.port);
    const { body } = await request(url);
    expect(Buffer.from(await body.arrayBuffer()).equals(bytes)).toBe(true);
  });

  test.each([
    ["HEAD", 200],
    ["GET", 204],
    ["GET", 304],
  ])("%s answered %i has no body and keeps the connection", async (method, status) => {
    const instance = await startInstance((_incoming, response) => {
      response.writeHead(status, method === "HEAD" ? { "content-length": 42 } : {});
      response.end();
    });
    const { port } = await gatewayTo(instance.port);
    const one = `${method} / HTTP/1.1\r\nhost: x\r\n\r\n`;
    const last = `${method} / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`;
    const text = await sendRaw(port, one + last);
    expect(text.match(new RegExp(`HTTP/1.1 ${status} `, "g"))).toHaveLength(2);
    expect(text.endsWith("\r\n\r\n")).toBe(true);
    expect(text.includes("content-length: 42")).toBe(method === "HEAD");
  });

  test("trailers are passed on", async () => {
    const instance = await startInstance((_incoming, response) => {
      response.writeHead(200, { trailer: "x-checksum" });
      response.write("body");
      response.addTrailers({ "x-checksum": "abc" });
      response.end();
    });
    const { url } = await gatewayTo(instance.port);
    const { body, trailers } = await request(url);
    expect(await body.text()).toBe("body");
    expect(trailers).toEqual({ "x-checksum": "abc" });
  });

  test("Expect: 100-continue is answered, and the body follows", async () => {
    const instance = await startInstance(async (incoming, response) => {
      response.end(`${incoming.headers.expect} ${await bodyOf(incoming)}`);
    });
    const { port } = await gatewayTo(instance.port);
    const outgoing = httpRequest({ port, method: "POST", headers: { expect: "100-continue", "content-length": 5 } });
    outgoing.on("continue", () => outgoing.end("hello"));
    outgoing.flushHeaders();
    const [incoming] = await once(outgoing, "response");
    expect((await bodyOf(incoming)).toString()).toBe("undefined hello");
  });

  test("an answer that comes before the whole body was sent arrives", async () => {
    const instance = await startInstance((_incoming, response) => {
      response.writeHead(413, { connection: "close" });
      response.end("too large");
    });
    const { port } = await gatewayTo(instance.port);
    const head = "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\n";
    expect(await sendRaw(port, head + "x".repeat(1_000), "too large")).toContain("HTTP/1.1 413 ");
  });
});

describe("streams", () => {
  test("events of SSE arrive one by one, the head before the first", async () => {
    const events: ((text: string) => void)[] = [];
    const instance = await startInstance((_incoming, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.flushHeaders();
      events.push((text) => response.write(`data: ${text}\n\n`));
    });
    const { url } = await gatewayTo(instance.port);
    const { headers, body } = await request(url);
    onTestFinished(() => void body.on("error", () => undefined).destroy());
    expect(headers["content-type"]).toBe("text/event-stream");
    const received: string[] = [];
    body.on("data", (chunk) => received.push(String(chunk)));
    for (const text of ["one", "two", "three"]) {
      events[0]?.(text);
      await expect.poll(() => received.at(-1)).toBe(`data: ${text}\n\n`);
    }
  });

  test("a caller that leaves ends the request at the instance, and counts for nobody", async () => {
    const gone = Promise.withResolvers<void>();
    const instance = await startInstance((_incoming, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.flushHeaders();
      response.on("close", () => gone.resolve());
    });
    const { url, stats } = await gatewayTo(instance.port);
    const { body } = await request(url);
    body.on("error", () => undefined).destroy();
    await gone.promise;
    await expect.poll(() => stats(1)).toMatchObject({ aborted: 1, requests: 0, errors: 0, inFlight: 0 });
  });

  test("early hints go ahead of the answer", async () => {
    const instance = await startInstance((_incoming, response) => {
      response.writeEarlyHints({ link: "</style.css>; rel=preload" }, () => response.end("ok"));
    });
    const { port } = await gatewayTo(instance.port);
    const text = await sendRaw(port, "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    expect(text).toMatch(/^HTTP\/1.1 103 Early Hints\r\nLink: <\/style.css>; rel=preload\r\n\r\nHTTP\/1.1 200 OK/i);
  });
});

describe("WebSocket", () => {
  test("messages pass both ways, and are counted", async () => {
    const instance = await startInstance((_incoming, response) => response.writeHead(426).end());
    const { url, stats } = await gatewayTo(await websocketEcho());
    expect(instance.requests).toBe(0);
    const socket = new WebSocket(`${url.replace("http", "ws")}/chat`, ["v1"]);
    onTestFinished(() => socket.terminate());
    const [[upgraded]] = await Promise.all([once(socket, "upgrade"), once(socket, "open")]);
    expect(upgraded.headers["x-sluice-revision"]).toBe("1");
    expect(socket.protocol).toBe("v1");
    socket.send("hello");
    const [message] = await once(socket, "message");
    expect(String(message)).toBe("echo hello of /chat");
    expect(stats(1)).toMatchObject({ requests: 1, status: { "1xx": 1 } });
    const closed = once(socket, "close");
    socket.close(4_000, "done");
    expect((await closed)[0]).toBe(4_000);
  });

  test("an instance that declines is heard, and the connection closed", async () => {
    const instance = await startTextInstance("no upgrade here");
    const { port } = await gatewayTo(instance.port);
    const head = "GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n";
    const text = await sendRaw(port, `${head}GET /smuggled HTTP/1.1\r\nhost: x\r\n\r\n`);
    expect(text).toMatch(/^HTTP\/1.1 200 OK\r\n[\s\S]*connection: close\r\n\r\nno upgrade here$/);
    expect(instance.requests).toBe(1);
  });

  test("nobody can change to HTTP/2 and past the routes", async () => {
    const heads: string[] = [];
    const instance = await startRawInstance((socket) => {
      socket.on("data", (chunk) => {
        heads.push(chunk.toString());
        socket.end("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
      });
    });
    const { port } = await gatewayTo(instance.port);
    const head =
      "GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABk\r\n";
    expect(await sendRaw(port, `${head}\r\n`, "ok")).toContain("200 OK");
    expect(heads[0]).not.toMatch(/upgrade|http2-settings/i);
  });
});

function* mebibytes(count: number, onTaken: () => void = () => undefined): Generator<Buffer> {
  const chunk = Buffer.alloc(MEBIBYTE, "x");
  for (let index = 0; index < count; index += 1) {
    onTaken();
    yield chunk;
  }
}

/** Resolves once `value` is more than zero and has stopped changing. */
async function untilStill(value: () => number): Promise<void> {
  let last = 0;
  const isStill = (): boolean => {
    const still = value() === last && last > 0;
    last = value();
    return still;
  };
  await expect.poll(isStill, { interval: 200 }).toBe(true);
}

async function websocketEcho(): Promise<number> {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  server.on("connection", (socket, incoming) => {
    socket.on("message", (message) => socket.send(`echo ${message} of ${incoming.url}`));
  });
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}
