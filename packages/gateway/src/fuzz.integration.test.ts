import { connect } from "node:net";
import fc from "fast-check";
import { request } from "undici";
import { describe, expect, test } from "vitest";
import { connectGateway } from "./admin/admin.client.ts";
import { adminFile } from "./admin/admin.file.ts";
import { startGatewayChild, temporaryFolder } from "./testing/gateway.child.ts";
import { sendRaw, startGateway, startTextInstance } from "./testing/gateway.fixture.ts";
import { backend, routeConfig } from "./testing/route.fixture.ts";

const END = "\r\n\r\n";

describe("what is not HTTP", () => {
  test.each([
    ["no request line", "hello\r\n\r\n"],
    ["two hosts", `GET / HTTP/1.1\r\nhost: a\r\nhost: b${END}`],
    ["no host", `GET / HTTP/1.1\r\nx: y${END}`],
    ["two lengths", `POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2${END}ab`],
    [
      "a length and chunks",
      `POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked${END}0${END}`,
    ],
    ["chunks not last", `POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked, gzip${END}`],
    ["a space before the colon", `GET / HTTP/1.1\r\nhost : x${END}`],
    ["a folded header", `GET / HTTP/1.1\r\nhost: x\r\na: b\r\n c${END}`],
    ["a line feed alone", `GET / HTTP/1.1\nhost: x\n\n`],
    ["a nul in a header", `GET / HTTP/1.1\r\nhost: x\r\na: \0${END}`],
    ["a length that is no number", `POST / HTTP/1.1\r\nhost: x\r\ncontent-length: +5${END}hello`],
    ["a target that is no path", `GET x HTTP/1.1\r\nhost: x${END}`],
    ["credentials in the target", `GET http://a@b/ HTTP/1.1\r\nhost: x${END}`],
    ["a target that is a star", `GET * HTTP/1.1\r\nhost: x${END}`],
  ])("%s is 400, and reaches no instance", async (_name, bytes) => {
    const instance = await startTextInstance("reached");
    const { gateway, port } = await startGateway();
    await gateway.apply(routeConfig({ backends: [backend(1, instance.port)] }));
    expect(await sendRaw(port, bytes)).toMatch(/^HTTP\/1.1 400 /);
    expect(instance.requests).toBe(0);
  });

  test("headers beyond the limit are 431, CONNECT is 405, OPTIONS * is answered here", async () => {
    const { port } = await startGateway();
    expect(await sendRaw(port, `GET / HTTP/1.1\r\nhost: x\r\nlong: ${"y".repeat(40_000)}${END}`)).toMatch(
      /^HTTP\/1.1 431 /,
    );
    expect(await sendRaw(port, `CONNECT evil.example:443 HTTP/1.1\r\nhost: evil.example:443${END}`)).toMatch(
      /^HTTP\/1.1 405 /,
    );
    expect(await sendRaw(port, `OPTIONS * HTTP/1.1\r\nhost: x\r\nconnection: close${END}`)).toMatch(/^HTTP\/1.1 204 /);
  });

  test("paths are matched as they stand: neither dots nor escapes lead into another route", async () => {
    const [open, secret] = await Promise.all([startTextInstance("open"), startTextInstance("secret")]);
    const { gateway, port } = await startGateway();
    await gateway.apply(routeConfig({ match: { path: "/open" }, backends: [backend(1, open.port)] }));
    await gateway.apply(routeConfig({ id: "dep_2", match: { path: "/secret" }, backends: [backend(1, secret.port)] }));
    for (const target of ["/open/../secret", "/open/%2e%2e/secret", "/open//secret", "/open/..%2fsecret"]) {
      expect(await sendRaw(port, `GET ${target} HTTP/1.1\r\nhost: x\r\nconnection: close${END}`)).toMatch(/open$/);
    }
    expect(secret.requests).toBe(0);
  });
});

describe("bytes by lot", () => {
  const line = fc.constantFrom(
    "GET / HTTP/1.1",
    "POST /a HTTP/1.1",
    "PUT * HTTP/1.1",
    "GET /\xff HTTP/1.1",
    "X",
    "GET http:// HTTP/1.1",
  );
  const header = fc.tuple(
    fc.constantFrom(
      "host",
      "content-length",
      "transfer-encoding",
      "connection",
      "upgrade",
      "expect",
      "cookie",
      "traceparent",
      "\0",
    ),
    fc.oneof(
      fc.string({ unit: "binary", maxLength: 30 }),
      fc.constantFrom("chunked", "5", "upgrade", "websocket", "100-continue", "x"),
    ),
  );
  const nearlyHttp = fc
    .tuple(line, fc.array(header, { maxLength: 6 }), fc.string({ unit: "binary", maxLength: 60 }))
    .map(
      ([first, headers, body]) =>
        `${[first, ...headers.map(([name, value]) => `${name}: ${value}`)].join("\r\n")}${END}${body}`,
    );
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array)),
    nearlyHttp.map((text) => Buffer.from(text, "latin1")),
  );

  test("never end the process, neither at the public port nor at the admin API", async () => {
    const dataDir = await temporaryFolder();
    const running = await startGatewayChild(dataDir);
    const admin = connectGateway(adminFile(dataDir));
    const instance = await startTextInstance("alive");
    await admin.putRoute(
      routeConfig({ backends: [backend(1, instance.port)], stickiness: { by: "cookie", name: "sluice" } }),
    );
    await fc.assert(
      fc.asyncProperty(bytes, fc.boolean(), async (sent, toAdmin) => {
        await sendBriefly(toAdmin ? running.port : running.publicPort, sent);
        expect(running.child.exitCode).toBeNull();
      }),
      { numRuns: 400 },
    );
    expect(await (await request(running.url)).body.text()).toBe("alive");
    await expect.poll(async () => (await admin.snapshot()).routes).toMatchObject([{ stats: [{ inFlight: 0 }] }]);
  });
});

/** Sends the bytes and half a second of nothing at most: what waits for more is cut by the end of the stream. */
async function sendBriefly(port: number, bytes: Buffer): Promise<void> {
  await new Promise<void>((resolve) => {
    const socket = connect({ port, host: "127.0.0.1" });
    socket.on("error", () => undefined);
    socket.on("data", () => undefined);
    socket.on("close", () => resolve());
    socket.setTimeout(200, () => socket.destroy());
    socket.end(bytes);
  });
}
