// A small HTTP program that answers with its version.
// STATUS: what it answers everywhere but at /healthz; DELAY_MS: how late; HEALTH: what /healthz answers;
// HEALTH_FROM: an address whose status /healthz answers with instead; IGNORE_TERM: goes on after SIGTERM; HOST: where it listens. /env/NAME: answers with that variable. POST /exit: answers, and exits with status 7.
import { createServer } from "node:http";
import { setTimeout as delay } from "node:timers/promises";

const {
  PORT,
  HOST = "127.0.0.1",
  VERSION = "none",
  STATUS = "200",
  DELAY_MS,
  HEALTH = "200",
  HEALTH_FROM,
  IGNORE_TERM,
} = process.env;
const mine = { version: VERSION, pid: process.pid };

const server = createServer(async (request, response) => {
  if (request.url === "/healthz") return response.writeHead(await health()).end();
  if (request.method === "POST" && request.url === "/exit") response.on("finish", () => setImmediate(process.exit, 7));
  if (request.url.startsWith("/env/")) return response.end(process.env[request.url.slice("/env/".length)]);
  if (DELAY_MS !== undefined) await delay(Number(DELAY_MS));
  response.writeHead(Number(STATUS), { "content-type": "application/json" }).end(JSON.stringify(mine));
});

async function health() {
  return HEALTH_FROM === undefined ? Number(HEALTH) : (await fetch(HEALTH_FROM)).status;
}

server.keepAliveTimeout = 75_000;
server.listen(Number(PORT), HOST, () => console.log(`version ${VERSION} listens`));

process.on("SIGTERM", () => {
  if (IGNORE_TERM !== undefined) return;
  server.close(() => process.exit(0));
  server.closeIdleConnections();
});
