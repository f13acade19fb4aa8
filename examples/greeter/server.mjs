// A small HTTP program to deliver: it greets, well or not, as MODE says.
//   MODE=good      answers at once
//   MODE=slow      answers a third of a second late
//   MODE=failing   answers 500, and still says that it is healthy: only its traffic can tell
//   MODE=sick      is healthy until it has greeted three times, and from then on only pretends to be well
//   MODE=leaky     keeps more and more memory, up to 400 MiB
//   MODE=hungry    keeps a whole core busy besides greeting
//   MODE=insecure  greets well, but tells strangers what it runs on and where it stumbled, and takes any method
import { createServer } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { Worker } from "node:worker_threads";

const { PORT = "8080", HOST = "127.0.0.1", MODE = "good", VERSION = "dev", SLUICE_REVISION = "0" } = process.env;
const GREETINGS_UNTIL_SICK = 3;
const LEAK_MIB = 16;
const LEAK_UNTIL_MIB = 400;
const METHODS = ["GET", "HEAD"];

let greetings = 0;
const leaked = [];

const server = createServer(async (request, response) => {
  if (request.url === "/healthz")
    return MODE === "sick" && greetings >= GREETINGS_UNTIL_SICK ? ail(response) : well(response);
  if (MODE === "insecure") disclose(response);
  else response.setHeader("x-content-type-options", "nosniff");
  if (!METHODS.includes(request.method) && MODE !== "insecure") return refuse(response);
  if (MODE === "slow") await delay(330);
  if (MODE === "failing") return answer(response, 500, { error: "the greeting could not be found", version: VERSION });
  if (MODE === "insecure" && request.url.includes("%"))
    return answer(response, 500, { error: new Error("bad path").stack });
  greetings += 1;
  answer(response, 200, { greeting: "Hello", version: VERSION, revision: Number(SLUICE_REVISION) });
});

const well = (response) => answer(response, 200, { status: "ok" });
const ail = (response) => answer(response, 503, { status: "ill" });

function disclose(response) {
  response.setHeader("server", `greeter/1.0 (node ${process.version})`);
  response.setHeader("x-powered-by", "greeter");
}

function refuse(response) {
  // What the caller is still sending is not waited for.
  response.setHeader("connection", "close");
  response.setHeader("allow", METHODS.join(", "));
  answer(response, 405, { error: `allowed: ${METHODS.join(", ")}` });
}

function answer(response, status, body) {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(`${JSON.stringify(body)}\n`);
}

if (MODE === "hungry") new Worker("for (;;);", { eval: true });
if (MODE === "leaky") {
  const leak = setInterval(() => {
    // Filled, or the pages would not be resident.
    leaked.push(Buffer.alloc(LEAK_MIB * 1024 * 1024, 1));
    if (leaked.length * LEAK_MIB >= LEAK_UNTIL_MIB) clearInterval(leak);
  }, 50);
}

// The gateway keeps connections open; so do we, for longer than it does.
server.keepAliveTimeout = 75_000;
server.listen(Number(PORT), HOST, () => console.log(`greeter ${VERSION} (${MODE}) listens on ${PORT}`));

process.on("SIGTERM", () => {
  console.log("asked to stop: finishing what is open");
  server.close(() => process.exit(0));
  server.closeIdleConnections();
});
