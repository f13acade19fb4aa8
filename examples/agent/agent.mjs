// A small agent to deploy: it answers questions about numbers, and remembers every one in its data folder.
//   GET /health           whether it is well, and how much it remembers
//   POST /ask             {"question": "2 + 3 * 4"} → {"answer": 14, …}; GET /ask?question=… does the same
//   GET /memory           the questions so far; needs the header "authorization: Bearer <TOKEN>"
//   GET /admin            how it was told to run; only for Bearer <ADMIN_TOKEN>
// MODE=slow answers a third of a second late, MODE=failing answers 500, MODE=forgetful overwrites what was remembered.
import { mkdirSync } from "node:fs";
import { appendFile, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

const {
  PORT = "8080",
  MODE = "good",
  VERSION = "dev",
  TOKEN = "reader",
  ADMIN_TOKEN = "admin",
  SLUICE_DATA_FOLDER = join(tmpdir(), "agent"),
  SLUICE_CONCURRENT_TASKS = "100",
} = process.env;
const MAX_BODY = 100_000;
const MEMORY = join(SLUICE_DATA_FOLDER, "memory.ndjson");
const METHODS = { "/health": ["GET"], "/ask": ["GET", "POST"], "/memory": ["GET"], "/admin": ["GET"] };

mkdirSync(SLUICE_DATA_FOLDER, { recursive: true });
// Something that is worth nothing once this version is gone.
await writeFile(join(tmpdir(), `scratch-${process.pid}.txt`), `version ${VERSION}\n`);
if (MODE === "forgetful") await writeFile(MEMORY, "");
let tasks = 0;

const server = createServer((request, response) => {
  handle(request, response).catch(() => answer(response, 500, { error: "the question could not be answered" }));
});

async function handle(request, response) {
  const { pathname, searchParams } = new URL(request.url, "http://agent");
  const methods = METHODS[pathname];
  if (methods === undefined) return answer(response, 404, { error: `no such path; there are ${Object.keys(METHODS)}` });
  if (!methods.includes(request.method)) return refuse(response, 405, `allowed: ${methods.join(", ")}`);
  const body = await bodyOf(request);
  if (body === null) return refuse(response, 413, `at most ${MAX_BODY} bytes`);
  if (pathname === "/health") return answer(response, 200, { status: "ready", version: VERSION });
  if (pathname === "/memory") return mayEnter(request, response, [TOKEN, ADMIN_TOKEN]) && memory(response);
  if (pathname === "/admin")
    return (
      mayEnter(request, response, [ADMIN_TOKEN]) &&
      answer(response, 200, { mode: MODE, tasks: SLUICE_CONCURRENT_TASKS })
    );
  if (tasks >= Number(SLUICE_CONCURRENT_TASKS)) return refuse(response, 503, "busy: too many tasks at once");
  tasks += 1;
  try {
    const question = request.method === "GET" ? searchParams.get("question") : questionIn(body);
    await ask(response, question);
  } finally {
    tasks -= 1;
  }
}

async function ask(response, question) {
  if (typeof question !== "string" || !/^[\d\s.+*()/-]{1,200}$/.test(question))
    return answer(response, 400, { error: "ask with numbers and + - * / ( ), such as 2 + 3 * 4" });
  if (MODE === "slow") await delay(330);
  if (MODE === "failing") return answer(response, 500, { error: "this version cannot count" });
  const value = calculate(question);
  if (value === null) return answer(response, 400, { error: "that is no calculation" });
  await appendFile(MEMORY, `${JSON.stringify({ question, answer: value, version: VERSION })}\n`);
  console.log(JSON.stringify({ event: "asked", question }));
  answer(response, 200, { answer: value, version: VERSION });
}

async function memory(response) {
  const lines = await readFile(MEMORY, "utf8").catch(() => "");
  answer(response, 200, {
    remembered: lines
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line)),
  });
}

/** Whether the caller may go on; one who may not has been answered. */
function mayEnter(request, response, tokens) {
  const [, given] = /^Bearer (.+)$/.exec(request.headers.authorization ?? "") ?? [];
  if (tokens.includes(given)) return true;
  const known = given === TOKEN || given === ADMIN_TOKEN;
  refuse(response, known ? 403 : 401, known ? "only for administrators" : "a token is needed");
  return false;
}

/** Sums of products of numbers and brackets; null for what is none. */
function calculate(text) {
  const tokens = text.match(/\d+(\.\d+)?|[-+*/()]/g) ?? [];
  let at = 0;
  const factor = () => {
    const token = tokens[at++];
    if (token === "-") return -factor();
    if (token !== "(") return Number(token);
    const inner = sum();
    return tokens[at++] === ")" ? inner : Number.NaN;
  };
  const product = () => {
    let value = factor();
    while (tokens[at] === "*" || tokens[at] === "/") value = tokens[at++] === "*" ? value * factor() : value / factor();
    return value;
  };
  const sum = () => {
    let value = product();
    while (tokens[at] === "+" || tokens[at] === "-")
      value = tokens[at++] === "+" ? value + product() : value - product();
    return value;
  };
  const value = sum();
  return at === tokens.length && Number.isFinite(value) ? value : null;
}

function questionIn(body) {
  try {
    return JSON.parse(body)?.question;
  } catch {
    return null;
  }
}

/** Null when it is longer than anybody may ask. */
async function bodyOf(request) {
  const parts = [];
  let size = 0;
  for await (const part of request) {
    size += part.length;
    if (size > MAX_BODY) return null;
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}

function refuse(response, status, error) {
  // What the caller is still sending is not waited for.
  response.setHeader("connection", "close");
  answer(response, status, { error });
}

function answer(response, status, body) {
  response.writeHead(status, { "content-type": "application/json", "x-content-type-options": "nosniff" });
  response.end(`${JSON.stringify(body)}\n`);
}

server.keepAliveTimeout = 75_000;
server.listen(Number(PORT), "127.0.0.1", () => console.log(`agent ${VERSION} (${MODE}) listens on ${PORT}`));

process.on("SIGTERM", () => {
  server.close(() => process.exit(0));
  server.closeIdleConnections();
});
