import { once } from "node:events";
import { connect } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type TestApp, testApp } from "../testing/app.ts";

let api: TestApp;
let port: number;
beforeAll(async () => {
  api = await testApp();
  port = Number(new URL(await api.app.listen({ host: "127.0.0.1", port: 0 })).port);
});
afterAll(() => api.close());

/** What the server answers to these bytes before it hangs up. */
async function answerTo(bytes: string): Promise<{ status: number; type: string; body: unknown }> {
  const socket = connect(port, "127.0.0.1");
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  socket.write(bytes);
  await once(socket, "close");
  const [head = "", body = ""] = Buffer.concat(chunks).toString().split("\r\n\r\n");
  const [, type = ""] = /content-type: (\S+)/i.exec(head) ?? [];
  return { status: Number(head.split(" ")[1]), type, body: JSON.parse(body) };
}

const asking = (path: string, header = ""): string =>
  `GET ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nconnection: close\r\n${header}\r\n`;

test.each([
  ["headers without end", () => asking("/v1/projects", `x-much: ${"a".repeat(20_000)}\r\n`), 431, "resource_exhausted"],
  ["a query without end", () => asking(`/v1/resolve/x?key=${"a".repeat(20_000)}`), 431, "resource_exhausted"],
  ["a name without end", () => asking(`/v1/artifacts/${"a".repeat(300)}`), 400, "invalid_argument"],
  ["a path that is no UTF-8", () => asking("/v1/artifacts/%ff"), 400, "invalid_argument"],
  ["what is no HTTP", () => "hello?\r\n\r\n", 400, "invalid_argument"],
])("%s is answered by a problem", async (_what, bytes, status, code) => {
  const { type, ...answer } = await answerTo(bytes());
  expect(type).toBe("application/problem+json");
  expect(answer).toMatchObject({ status, body: { status, code, detail: expect.any(String) } });
});
