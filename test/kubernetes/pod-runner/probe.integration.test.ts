import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { expect, test } from "vitest";
import { type ProbeTarget, probeOnce } from "./probe.ts";

test.each<[string, (socket: Socket) => void, string]>([
  ["garbage", (socket) => socket.end("never heard of HTTP \r\n\r\n"), "malformed HTTP response"],
  ["nothing", (socket) => socket.end(), "EOF"],
  ["a reset", (socket) => socket.resetAndDestroy(), "connection reset by peer"],
  [
    "a 503",
    (socket) => socket.end("HTTP/1.1 503 No\r\ncontent-length: 0\r\n\r\n"),
    "HTTP probe failed with statuscode: 503",
  ],
  ["silence", () => undefined, "Client.Timeout exceeded"],
])("a program that answers with %s is described as a kubelet does", async (_, answer, words) => {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => undefined);
    socket.once("data", () => answer(socket));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  expect(await probeOnce({ httpGet: { port, path: "/healthz" } }, TARGET)).toContain(words);
  for (const socket of sockets) socket.destroy();
  server.close();
});

test("a port that nobody listens at refuses the connection", async () => {
  expect(await probeOnce({ httpGet: { port: 1 } }, TARGET)).toBe(
    'Get "http://127.0.0.1:1/": dial tcp 127.0.0.1:1: connect: connection refused',
  );
  expect(await probeOnce({ tcpSocket: { port: "web" } }, TARGET)).toBe(
    "dial tcp 127.0.0.1:1: connect: connection refused",
  );
});

const TARGET: ProbeTarget = {
  address: "127.0.0.1",
  container: { name: "web", image: "web:1", ports: [{ name: "web", containerPort: 1 }] },
  execute: async () => null,
};
