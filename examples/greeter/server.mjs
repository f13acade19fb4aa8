// A small HTTP program to deliver: it greets, well, slowly or not at all, as MODE says.
//   MODE=good     answers at once
//   MODE=slow     answers a third of a second late
//   MODE=failing  answers 500, and still says that it is healthy: only its traffic can tell
import { createServer } from "node:http";
import { setTimeout as delay } from "node:timers/promises";

const { PORT = "8080", MODE = "good", VERSION = "dev", SLUICE_REVISION = "0" } = process.env;

const server = createServer(async (request, response) => {
  if (request.url === "/healthz") return answer(response, 200, { status: "ok" });
  if (MODE === "slow") await delay(330);
  if (MODE === "failing") return answer(response, 500, { error: "the greeting could not be found", version: VERSION });
  answer(response, 200, { greeting: "Hello", version: VERSION, revision: Number(SLUICE_REVISION) });
});

function answer(response, status, body) {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(`${JSON.stringify(body)}\n`);
}

// The gateway keeps connections open; so do we, for longer than it does.
server.keepAliveTimeout = 75_000;
server.listen(Number(PORT), "127.0.0.1", () => console.log(`greeter ${VERSION} (${MODE}) listens on ${PORT}`));

process.on("SIGTERM", () => {
  console.log("asked to stop: finishing what is open");
  server.close(() => process.exit(0));
  server.closeIdleConnections();
});
