import { once } from "node:events";
import { request as httpRequest } from "node:http";
import { connect, type Socket } from "node:net";
import { setImmediate } from "node:timers/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import {
  bodyOf,
  freePort,
  sendRaw,
  startGateway,
  startInstance,
  startRawInstance,
  startTextInstance,
} from "./testing/gateway.fixture.ts";
import { backend, routeConfig, split } from "./testing/route.fixture.ts";

const SHORT = { connectMs: 300, responseMs: 150, idleMs: 150 };

describe("instances that cannot be reached", () => {
  test("a refused request goes to another instance of the same revision first", async () => {
    const alive = await startTextInstance("alive");
    const other = await startTextInstance("other");
    const { gateway, get, stats } = await startGateway();
    const dead = await freePort();
    await gateway.apply(
      routeConfig({
        split: split(5_000),
        backends: [backend(1, dead, alive.port), backend(2, other.port)],
        pins: [{ revision: 1, headers: { pin: "1" } }],
      }),
    );
    const answers = [];
    for (let index = 0; index < 6; index += 1) answers.push((await get("/", { headers: { pin: "1" } })).text);
    expect(new Set(answers)).toEqual(new Set(["alive"]));
    expect(other.requests).toBe(0);
    // The refused attempt is the revision's error; the second one is no second request of the caller's.
    expect(stats(1)).toMatchObject({ errors: 1, requests: 7, status: { failed: 1, "2xx": 6 } });
  });

  test("a body that nobody has read yet is sent again, whatever the method", async () => {
    const alive = await startInstance(async (incoming, response) => response.end(await bodyOf(incoming)));
    const { gateway, get } = await startGateway();
    await gateway.apply(routeConfig({ backends: [backend(1, await freePort(), alive.port)] }));
    for (let index = 0; index < 4; index += 1) {
      expect(await get("/", { method: "POST", body: "x".repeat(200_000) })).toMatchObject({
        status: 200,
        text: "x".repeat(200_000),
      });
    }
  });

  test("without another instance the caller hears 502, then 503 while the dead one is ejected", async () => {
    const { gateway, get } = await startGateway();
    await gateway.apply(routeConfig({ backends: [backend(1, await freePort())] }));
    expect((await get()).status).toBe(502);
    expect((await get()).status).toBe(503);
  });

  test("an ejected instance comes back when a connection stands again", async () => {
    const port = await freePort();
    const { gateway, get } = await startGateway();
    await gateway.apply(routeConfig({ backends: [backend(1, port)] }));
    expect((await get()).status).toBe(502);
    expect(gateway.table.observe("dep_1").usable).toEqual([{ revision: 1, endpoints: 0 }]);
    await startTextInstance("back", port);
    await expect.poll(() => gateway.table.observe("dep_1").usable).toEqual([{ revision: 1, endpoints: 1 }]);
    expect((await get()).text).toBe("back");
  });

  test("an ejected instance comes back at once when the configuration names it anew", async () => {
    const port = await freePort();
    const { gateway, get } = await startGateway();
    const config = routeConfig({ backends: [backend(1, port)] });
    await gateway.apply(config);
    expect((await get()).status).toBe(502);
    await startTextInstance("back", port);
    await gateway.apply({ ...config, epoch: 2, backends: [backend(1)] });
    await gateway.apply({ ...config, epoch: 3 });
    expect((await get()).text).toBe("back");
  });
});

describe("instances that break off", () => {
  test("a safe request whose connection was cut is sent once more, to another instance", async () => {
    let cut = 0;
    const breaking = await startRawInstance((socket) => {
      socket.on("data", () => {
        cut += 1;
        socket.destroy();
      });
    });
    const alive = await startTextInstance("alive");
    const { gateway, get } = await startGateway();
    await gateway.apply(routeConfig({ backends: [backend(1, breaking.port, alive.port)] }));
    for (let index = 0; index < 4; index += 1) expect((await get()).text).toBe("alive");
    expect(cut).toBeGreaterThan(0);
  });

  test("a request that may have had an effect is not sent again", async () => {
    let cut = 0;
    const breaking = await startRawInstance((socket) => {
      socket.on("data", () => {
        cut += 1;
        socket.destroy();
      });
    });
    const { gateway, get } = await startGateway();
    await gateway.apply(routeConfig({ backends: [backend(1, breaking.port)] }));
    expect((await get("/", { method: "POST", body: "pay" })).status).toBe(502);
    expect(cut).toBe(1);
  });

  test("a reset in the middle of a body cuts the caller's connection, so nobody takes a part for the whole", async () => {
    const sockets: Socket[] = [];
    const instance = await startRawInstance((socket) => {
      sockets.push(socket);
      socket.on("data", () => socket.write("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf"));
    });
    const { gateway, port, stats } = await startGateway();
    await gateway.apply(routeConfig({ backends: [backend(1, instance.port)] }));
    const outgoing = httpRequest({ port }).end();
    const [incoming] = await once(outgoing, "response");
    await once(incoming, "data");
    sockets[0]?.destroy();
    await expect(once(incoming, "end")).rejects.toThrow("aborted");
    expect(incoming.complete).toBe(false);
    expect(stats(1)).toMatchObject({ errors: 1, status: { failed: 1, "2xx": 0 } });
  });

  test.each([
    ["no HTTP at all", "SSH-2.0-OpenSSH_9.6\r\n"],
    ["a head that does not end", `HTTP/1.1 200 OK\r\nx: ${"y".repeat(100_000)}\r\n`],
    ["two lengths", "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab"],
    ["a length and chunks", "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"],
    ["a status that is none", "HTTP/1.1 099 What\r\n\r\n"],
    [
      "an upgrade that nobody asked for",
      "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n",
    ],
  ])("garbage for an answer (%s) is 502", async (_name, garbage) => {
    const instance = await startRawInstance((socket) => socket.on("data", () => socket.end(garbage)));
    const { gateway, get, stats } = await startGateway();
    await gateway.apply(routeConfig({ backends: [backend(1, instance.port)] }));
    expect(await get("/", { method: "POST" })).toMatchObject({ status: 502, revision: null });
    expect(stats(1)).toMatchObject({ errors: 1, status: { failed: 1 } });
  });
});

describe("time", () => {
  test("no head in time is 504, and the revision's error", async () => {
    const instance = await startInstance(() => undefined);
    const { gateway, get, stats } = await startGateway();
    await gateway.apply(routeConfig({ timeouts: SHORT, backends: [backend(1, instance.port)] }));
    expect((await get()).status).toBe(504);
    expect(instance.requests).toBe(1);
    expect(stats(1)).toMatchObject({ errors: 1, requests: 1, status: { failed: 1 } });
  });

  test("a body that stops coming from the instance cuts the connection", async () => {
    const instance = await startInstance((_incoming, response) => {
      response.writeHead(200, { "content-length": 100 });
      response.write("half");
    });
    const { gateway, get, stats } = await startGateway();
    await gateway.apply(routeConfig({ timeouts: SHORT, backends: [backend(1, instance.port)] }));
    await expect(get()).rejects.toThrow();
    await expect.poll(() => stats(1)).toMatchObject({ errors: 1, status: { failed: 1 }, inFlight: 0 });
  });

  test("a body that stops coming from the caller is 408, and no error of the revision", async () => {
    const instance = await startInstance(async (incoming, response) => {
      incoming.on("error", () => undefined);
      await once(incoming, "end").catch(() => undefined);
      response.end();
    });
    const { gateway, port, stats } = await startGateway();
    await gateway.apply(
      routeConfig({ timeouts: { ...SHORT, responseMs: 10_000 }, backends: [backend(1, instance.port)] }),
    );
    const text = await sendRaw(port, "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nhalf");
    expect(text).toContain("HTTP/1.1 408 ");
    expect(stats(1)).toMatchObject({ errors: 0, aborted: 1, inFlight: 0 });
  });

  test("a caller that stops reading is cut off, and no error of the revision", async () => {
    const instance = await startInstance((_incoming, response) => {
      response.end(Buffer.alloc(50 * 1_048_576));
    });
    const { gateway, port, stats } = await startGateway();
    await gateway.apply(routeConfig({ timeouts: SHORT, backends: [backend(1, instance.port)] }));
    const socket = connect(port, "127.0.0.1");
    onTestFinished(() => void socket.destroy());
    socket.on("error", () => undefined);
    socket.pause();
    socket.write("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
    await expect.poll(() => stats(1)).toMatchObject({ errors: 0, aborted: 1, inFlight: 0 });
  });
});

describe("answers by class", () => {
  test.each([
    ["one write", ["hello"]],
    ["several", ["he", "llo"]],
  ])("a reason phrase that cannot be passed on is left out, and the answer arrives, in %s", async (_, parts) => {
    const instance = await startRawInstance((socket) => {
      socket.once("data", async () => {
        socket.write("HTTP/1.1 200 \x01bad\r\ncontent-length: 5\r\n\r\n");
        for (const part of parts) {
          await setImmediate();
          socket.write(part);
        }
      });
    });
    const { gateway, get, stats } = await startGateway();
    await gateway.apply(routeConfig({ backends: [backend(1, instance.port)] }));
    expect(await get()).toMatchObject({ status: 200, text: "hello" });
    expect(stats(1)).toMatchObject({ requests: 1, errors: 0, inFlight: 0 });
  });

  test("5xx are the revision's errors, 4xx the caller's fault", async () => {
    const instance = await startInstance((incoming, response) => {
      response.writeHead(Number(incoming.url?.slice(1)));
      response.end();
    });
    const { gateway, get, stats } = await startGateway();
    await gateway.apply(routeConfig({ backends: [backend(1, instance.port)] }));
    for (const status of [200, 302, 404, 429, 500, 503]) expect((await get(`/${status}`)).status).toBe(status);
    await expect
      .poll(() => stats(1))
      .toMatchObject({ requests: 6, errors: 2, status: { "2xx": 1, "3xx": 1, "4xx": 2, "5xx": 2, failed: 0 } });
  });
});

describe("headers", () => {
  test("what concerns one connection stays there, in both directions; where the request came from is told", async () => {
    const instance = await startInstance((incoming, response) => {
      response.writeHead(200, {
        connection: "x-private, keep-alive",
        "x-private": "1",
        "proxy-authenticate": "Basic",
        "x-public": "2",
        "set-cookie": ["a=1", "b=2"],
      });
      response.end(JSON.stringify({ ...incoming.headers, raw: incoming.rawHeaders.length }));
    });
    const { gateway, port, url } = await startGateway();
    await gateway.apply(routeConfig({ backends: [backend(1, instance.port)] }));
    const text = await sendRaw(
      port,
      [
        "GET / HTTP/1.1",
        "Host: example.org:81",
        "Connection: close, X-Hop",
        "X-Hop: 1",
        "TE: trailers",
        "Proxy-Authorization: secret",
        "X-Forwarded-For: 192.0.2.1",
        "X-Forwarded-Proto: https",
        "X-Forwarded-Host: evil.example",
        "X-End: kept",
        "\r\n",
      ].join("\r\n"),
    );
    const [head = "", body = ""] = text.split("\r\n\r\n");
    expect(head).toContain("x-public: 2");
    expect(head).toContain("set-cookie: a=1\r\nset-cookie: b=2");
    expect(head).not.toMatch(/x-private|proxy-authenticate/);
    const seen = JSON.parse(body);
    expect(seen).toMatchObject({
      host: "example.org:81",
      "x-forwarded-for": "192.0.2.1, 127.0.0.1",
      "x-forwarded-proto": "http",
      "x-forwarded-host": "example.org:81",
      "x-end": "kept",
      traceparent: expect.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/),
    });
    expect(Object.keys(seen)).not.toContain("x-hop");
    expect(seen).not.toHaveProperty("te");
    expect(seen).not.toHaveProperty("proxy-authorization");
    expect(url).toContain(String(port));
  });
});

describe("draining", () => {
  test("what is under way finishes, and nothing new is accepted", async () => {
    let release = (): void => undefined;
    const arrived = Promise.withResolvers<void>();
    const instance = await startInstance((_incoming, response) => {
      release = () => response.end("done");
      arrived.resolve();
    });
    const { gateway, get, port } = await startGateway();
    await gateway.apply(routeConfig({ backends: [backend(1, instance.port)] }));
    const pending = get();
    await arrived.promise;
    const closed = gateway.close(30_000);
    await expect(refused(port)).resolves.toBe("ECONNREFUSED");
    release();
    expect(await pending).toMatchObject({ status: 200, text: "done" });
    await closed;
  });

  test("what does not finish in time is cut", async () => {
    const arrived = Promise.withResolvers<void>();
    const instance = await startInstance(() => arrived.resolve());
    const { gateway, get } = await startGateway();
    await gateway.apply(routeConfig({ backends: [backend(1, instance.port)] }));
    const pending = expect(get()).rejects.toThrow();
    await arrived.promise;
    await gateway.close(50);
    await pending;
  });
});

function refused(port: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? ""));
    socket.on("connect", () => {
      socket.destroy();
      resolve("connected");
    });
  });
}
