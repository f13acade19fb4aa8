import { spawn } from "node:child_process";
import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { processEnvironment } from "../config.ts";
import { EXIT } from "../exit.ts";
import { run } from "../program.ts";
import { type Answers, problem, startApi, type TestApi } from "../testing/api.ts";
import { completion, type Model, startModel } from "../testing/evaluation.ts";
import { testIo } from "../testing/io.ts";

const SLUICE = fileURLToPath(new URL("../../bin/sluice.mjs", import.meta.url));

let folder = "";
let files = 0;
const open: { close(): Promise<void> }[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sluice-eval-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
});

const ANSWERS: Answers = {
  "GET /v1/artifacts/bot/versions/2": { json: { version: "2" } },
  "POST /v1/evaluations": ({ body }) => ({
    status: 201,
    json: { id: "eva_1", recordedBy: "local", ...(typeof body === "object" ? body : {}) },
  }),
};

async function model(answer: Parameters<typeof startModel>[0]): Promise<Model> {
  const started = await startModel(answer);
  open.push(started);
  return started;
}

async function api(answers: Answers = ANSWERS): Promise<TestApi> {
  const started = await startApi(answers);
  open.push(started);
  return started;
}

/** A dataset in a folder of its own. */
async function dataset(...lines: (object | string)[]): Promise<{ file: string; results: string }> {
  files += 1;
  const file = join(folder, `set-${files}.ndjson`);
  await writeFile(file, lines.map((line) => `${typeof line === "string" ? line : JSON.stringify(line)}\n`).join(""));
  return { file, results: join(folder, `set-${files}.results.ndjson`) };
}

async function sluice(argv: string[], options: Parameters<typeof testIo>[0] & { server?: TestApi } = {}) {
  const server = options.server ?? (await api());
  const io = testIo({ ...options, environment: { SLUICE_URL: server.url, ...options.environment } });
  const exitCode = await run(["eval", ...argv], io);
  const recorded = server.asked.filter(({ method }) => method === "POST").map(({ body }) => body);
  return { exitCode, out: io.out(), err: io.err(), recorded, io };
}

const OF = ["--artifact", "bot", "--version", "2"];
const records = async (file: string) =>
  (await readFile(file, "utf8"))
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));

const double = ({ body }: { body: Record<string, unknown> }) => ({ body: { output: String(2 * Number(body.input)) } });
const numbers = (count: number) =>
  Array.from({ length: count }, (_, at) => ({ input: at, expected: 2 * at, scorer: "numeric" }));

test("a dataset is put to a candidate, scored, and recorded", async () => {
  const candidate = await model(double);
  const { file, results } = await dataset(...numbers(20), { id: "odd", input: 21, expected: 41, scorer: "numeric" });
  const { exitCode, out, recorded } = await sluice([
    "run",
    file,
    ...OF,
    "--target",
    candidate.url,
    "--dataset",
    "doubles",
  ]);
  expect(exitCode).toBe(EXIT.ok);
  expect(recorded).toMatchObject([
    {
      artifact: "bot",
      version: "2",
      dataset: "doubles",
      sampleCount: 21,
      source: "sluice eval run",
      metrics: { score: 0.952381, passRate: 0.952381, errorRate: 0, p95Ms: expect.any(Number) },
    },
  ]);
  expect(out).toMatch(/evaluation +eva_1/);
  const [run, ...outcomes] = await records(results);
  expect(run).toMatchObject({ run: { dataset: "doubles", artifact: "bot", version: "2" } });
  expect(outcomes).toHaveLength(21);
  expect(outcomes.find(({ id }) => id === "odd")).toMatchObject({
    line: 21,
    passed: false,
    reason: "the output is 42, expected 41",
  });
});

test("every scorer of a dataset has its say, the HTTP judge too", async () => {
  const candidate = await model(({ body }) => ({ body: body.answer as object }));
  const judge = await model(({ body }) => ({ body: { score: 0.9, reason: `read ${body.output}` } }));
  const { file, results } = await dataset(
    { input: { answer: { output: " Paris " } }, expected: "Paris" },
    { input: { answer: { output: "In Paris" } }, expected: "paris", scorer: { type: "contains", ignoreCase: true } },
    { input: { answer: { output: "a1" } }, expected: "^[a-z]\\d$", scorer: "regex" },
    { input: { answer: { city: "Paris" } }, expected: { type: "object", required: ["city"] }, scorer: "json_schema" },
    { input: { answer: { output: "about 3.1" } }, expected: 3, scorer: { type: "numeric", tolerance: 0.2 } },
    { input: { answer: { output: "a poem" } }, scorer: { type: "http", url: judge.url } },
  );
  const { recorded } = await sluice(["run", file, ...OF, "--target", candidate.url]);
  expect(recorded).toMatchObject([{ metrics: { passRate: 1, score: 0.983333 }, sampleCount: 6 }]);
  expect((await records(results)).at(-1)).toMatchObject({ passed: true });
  expect(judge.asked[0]?.body).toEqual({
    id: "line-6",
    input: { answer: { output: "a poem" } },
    expected: null,
    output: "a poem",
  });
});

test("a model is asked as OpenAI's API is, with the key that a variable holds, and its tokens are counted", async () => {
  const llm = await model(() => completion("4"));
  const { file, results } = await dataset({ input: "2+2", expected: "4" });
  const argv = ["run", file, ...OF, "--openai", `${llm.url}/v1/`, "--model", "small", "--prompt", "Compute {{input}}!"];
  const more = [
    "--body",
    '{"temperature":0}',
    "--prompt-price",
    "2",
    "--completion-price",
    "10",
    "--api-key-env",
    "KEY",
  ];
  const { exitCode, recorded, out, err } = await sluice([...argv, ...more], { environment: { KEY: "sk-secret" } });
  expect(exitCode).toBe(EXIT.ok);
  expect(llm.asked).toMatchObject([
    {
      path: "/v1/chat/completions",
      headers: { authorization: "Bearer sk-secret" },
      body: { model: "small", temperature: 0, messages: [{ role: "user", content: "Compute 2+2!" }] },
    },
  ]);
  expect(recorded).toMatchObject([{ metrics: { score: 1, costUsd: 0.0003, promptTokens: 100, completionTokens: 10 } }]);
  expect(out + err + (await readFile(results, "utf8")) + JSON.stringify(recorded)).not.toContain("sk-secret");
});

test("a key that the other side repeats in its refusal is not shown", async () => {
  const llm = await model(({ headers }) => ({ status: 401, body: `no such key: ${headers.authorization}` }));
  const { file, results } = await dataset({ input: "2+2", expected: "4" });
  const argv = ["run", file, ...OF, "--openai", llm.url, "--model", "m", "--api-key-env", "KEY"];
  const { exitCode, recorded, err } = await sluice(argv, { environment: { KEY: "sk-secret" } });
  expect({ exitCode, recorded }).toEqual({ exitCode: EXIT.failed, recorded: [] });
  expect(err).toContain("1 of 1 lines have no score (100 %; allowed by --max-error-rate: 5 %): nothing was recorded");
  const [, outcome] = await records(results);
  expect(outcome).toMatchObject({ error: true, reason: "answered 401: no such key: Bearer ***" });
});

test("requests are made at once, as many as were asked for and no more", async () => {
  const gate = Promise.withResolvers<void>();
  const candidate = await model(async (question, count) => {
    if (count === 4) gate.resolve();
    await gate.promise;
    return double(question);
  });
  const { file } = await dataset(...numbers(40));
  const { exitCode } = await sluice(["run", file, ...OF, "--target", candidate.url, "--concurrency", "4"]);
  expect({ exitCode, atOnce: candidate.atOnce() }).toEqual({ exitCode: EXIT.ok, atOnce: 4 });
});

test("somebody who is busy is asked again, a few times; a failure of the candidate itself stands", async () => {
  const busy = await model((question, count) =>
    count < 3 ? { status: 429, headers: { "retry-after": "0" } } : double(question),
  );
  const one = await dataset(...numbers(1));
  expect((await sluice(["run", one.file, ...OF, "--target", busy.url])).exitCode).toBe(EXIT.ok);
  expect(busy.asked).toHaveLength(3);
  const broken = await model(() => ({ status: 500, body: "sorry" }));
  const two = await dataset(...numbers(1));
  expect((await sluice(["run", two.file, ...OF, "--target", broken.url])).exitCode).toBe(EXIT.failed);
  expect(broken.asked).toHaveLength(1);
  const away = await model(() => ({ status: 503, headers: { "retry-after": "0" } }));
  const three = await dataset(...numbers(1));
  await sluice(["run", three.file, ...OF, "--target", away.url]);
  expect(away.asked).toHaveLength(4);
  expect((await records(three.results))[1]).toMatchObject({ error: true, reason: "answered 503 (4 attempts)" });
});

test("answers that never come, never end or make no sense are errors of their line", async () => {
  const candidate = await model(({ body }) => {
    if (body.input === "silence") return null;
    if (body.input === "flood") return { body: "x".repeat(9_000_000) };
    return { headers: { "content-type": "application/json" }, body: "{" };
  });
  const { file, results } = await dataset(
    ...["silence", "flood", "nonsense"].map((input) => ({ id: input, input, expected: "" })),
  );
  await sluice(["run", file, ...OF, "--target", candidate.url, "--timeout", "250ms"]);
  const reasons = Object.fromEntries((await records(results)).slice(1).map(({ id, reason }) => [id, reason]));
  expect(reasons).toEqual({
    silence: "no answer within 0.25 s (4 attempts)",
    flood: "answered more than 8388608 bytes",
    nonsense: "answered something that is not JSON: {",
  });
});

test("a pattern that would take for ever is an error of its line", async () => {
  const candidate = await model(() => ({ body: `${"a".repeat(40)}!` }));
  const { file, results } = await dataset({ input: 1, expected: "^(a+)+$", scorer: "regex" });
  await sluice(["run", file, ...OF, "--target", candidate.url]);
  expect((await records(results))[1]).toMatchObject({
    error: true,
    reason: "the output could not be scored within 5 s",
  });
});

test("a bad line is named by file, line and field, and what was done before is kept", async () => {
  const candidate = await model(double);
  const { file, results } = await dataset(...numbers(3), { input: 1, expected: "four", scorer: "numeric" });
  const { exitCode, err, recorded } = await sluice(["run", file, ...OF, "--target", candidate.url]);
  expect({ exitCode, recorded }).toEqual({ exitCode: EXIT.usage, recorded: [] });
  expect(err).toContain(`${file}:4: expected is "four"; allowed: a number, for scorer numeric`);
  expect(await records(results)).toHaveLength(4);
});

test("results are never overwritten, and only gone on with by the same run", async () => {
  const candidate = await model(double);
  const { file, results } = await dataset(...numbers(2));
  const argv = ["run", file, ...OF, "--target", candidate.url];
  await sluice(argv);
  const again = await sluice(argv);
  expect(again.exitCode).toBe(EXIT.usage);
  expect(again.err).toContain(`${results} holds the results of an earlier run`);
  const other = await sluice([...argv, "--resume", results, "--scorer", "contains"]);
  expect(other.err).toMatch(/results\.ndjson:1: run\.scorer is /);
  const same = await sluice([...argv, "--resume", results]);
  expect(same).toMatchObject({ exitCode: EXIT.ok, recorded: [{ sampleCount: 2 }] });
  expect(candidate.asked).toHaveLength(2);
});

test("going on asks again what failed and what was changed, and forgets a half-written line", async () => {
  let healthy = false;
  const candidate = await model((question) =>
    healthy || question.body.input !== 1 ? double(question) : { status: 500 },
  );
  const { file, results } = await dataset(...numbers(4));
  const argv = ["run", file, ...OF, "--target", candidate.url];
  expect((await sluice(argv)).exitCode).toBe(EXIT.failed);
  await appendFile(results, '{"line":9,"half');
  const lines = (await readFile(file, "utf8")).split("\n");
  await writeFile(file, lines.with(3, JSON.stringify({ input: 30, expected: 60, scorer: "numeric" })).join("\n"));
  healthy = true;
  const asked = candidate.asked.length;
  const { exitCode, recorded } = await sluice([...argv, "--resume", results]);
  expect({ exitCode, recorded }).toMatchObject({
    exitCode: EXIT.ok,
    recorded: [{ sampleCount: 4, metrics: { score: 1 } }],
  });
  expect(candidate.asked.slice(asked).map(({ body }) => body.input)).toEqual([1, 30]);
});

test("a damaged results file is named by line and field", async () => {
  const candidate = await model(double);
  const { file, results } = await dataset(...numbers(1));
  const argv = ["run", file, ...OF, "--target", candidate.url];
  await sluice(argv);
  await appendFile(results, '{"line":"two"}\n');
  const { exitCode, err } = await sluice([...argv, "--resume", results]);
  expect(exitCode).toBe(EXIT.usage);
  expect(err).toMatch(/results\.ndjson:3: line is "two"; allowed: a number/);
});

test("Ctrl-C keeps what is done and says how to go on", async () => {
  const stop: { now(): void } = { now: () => undefined };
  const candidate = await model((question, count) => {
    if (count === 5) stop.now();
    return count < 5 ? double(question) : null;
  });
  const { file, results } = await dataset(...numbers(50));
  const server = await api();
  const io = testIo({ environment: { SLUICE_URL: server.url } });
  stop.now = io.interrupt;
  const exitCode = await run(["eval", "run", file, ...OF, "--target", candidate.url, "--concurrency", "1"], io);
  expect(exitCode).toBe(EXIT.interrupted);
  expect(io.err()).toContain(`interrupted; go on with --resume ${results}`);
  expect(await records(results)).toHaveLength(5);
});

test("a run that is killed goes on where it was: every line is counted once", async () => {
  const killed = Promise.withResolvers<void>();
  const candidate = await model(async (question, count) => {
    if (count === 30) killed.resolve();
    return double(question);
  });
  const server = await api();
  const { file, results } = await dataset(...numbers(2_000));
  const argv = ["eval", "run", file, ...OF, "--target", candidate.url, "--concurrency", "2"];
  const environment = { ...processEnvironment(), SLUICE_URL: server.url };
  const child = spawn(process.execPath, [SLUICE, ...argv], { stdio: "ignore", env: environment });
  const gone = new Promise((resolve) => child.once("exit", resolve));
  // A child that ends by itself has failed, and would be waited for in vain.
  await Promise.race([killed.promise, gone]);
  child.kill("SIGKILL");
  await gone;
  const before = (await readFile(results, "utf8")).split("\n").length;
  expect(before).toBeGreaterThan(1);
  expect(before).toBeLessThan(2_000);
  const { exitCode, recorded } = await sluice([...argv.slice(1), "--resume", results], { server });
  expect({ exitCode, recorded }).toMatchObject({
    exitCode: EXIT.ok,
    recorded: [{ sampleCount: 2_000, metrics: { score: 1 } }],
  });
  const lines = (await records(results)).slice(1).map(({ line }) => line);
  expect(new Set(lines).size).toBe(2_000);
  expect(lines).toHaveLength(2_000);
});

test("how far it is stands on the standard error, as a bar on a terminal and as a line elsewhere", async () => {
  const candidate = await model(double);
  const bar = await dataset(...numbers(3));
  const terminal = await sluice(["run", bar.file, ...OF, "--target", candidate.url], { isTTY: true });
  expect(terminal.err).toMatch(/█{30} 100 % {2}3 asked, 3 passed, 0 errors/);
  const line = await dataset(...numbers(3));
  const piped = await sluice(["run", line.file, ...OF, "--target", candidate.url, "-o", "json"]);
  expect(piped.err).toMatch(/^100 % of the dataset: 3 asked, 3 passed, 0 errors/m);
  expect(JSON.parse(piped.out)).toMatchObject({ id: "eva_1", sampleCount: 3 });
});

test("nothing is asked for a version that does not exist, unless nothing is to be recorded", async () => {
  const candidate = await model(double);
  const server = await api({
    "GET /v1/artifacts/bot/versions/2": problem(404, "not_found", "artifact bot has no version 2"),
  });
  const { file } = await dataset(...numbers(1));
  const missing = await sluice(["run", file, ...OF, "--target", candidate.url], { server });
  expect({ code: missing.exitCode, asked: candidate.asked }).toEqual({ code: EXIT.notFound, asked: [] });
  const unrecorded = await sluice(["run", file, ...OF, "--target", candidate.url, "--no-record"], { server });
  expect(unrecorded).toMatchObject({ exitCode: EXIT.ok, recorded: [] });
  expect(unrecorded.out).toContain("(not recorded)");
});

test.each([
  [["--target", "ftp://x"], /--target is not an address/],
  [["--target", "http://user:pw@x"], /without user and password/],
  [[], /exactly one of --target <url> and --openai/],
  [["--openai", "http://x"], /--openai needs --model/],
  [["--target", "http://x", "--model", "m"], /model: only with --openai/],
  [["--openai", "http://x", "--model", "m", "--prompt", "no place"], /\{\{input\}\}/],
  [["--openai", "http://x", "--model", "m", "--prompt", "@/nonexistent"], /\/nonexistent cannot be read \(ENOENT\)/],
  [["--openai", "http://x", "--model", "m", "--prompt-price", "1"], /given together/],
  [["--target", "http://x", "--api-key-env", "NOPE"], /names NOPE, which is not set/],
  [["--target", "http://x", "--dataset", "a b"], /--dataset is "a b"; allowed/],
  [["--target", "http://x", "--scorer", "http"], /Expected one of exact/],
  [["--target", "http://x", "--max-error-rate", "2"], /Expected a number from 0 to 1/],
  [["--openai", "http://x", "--model", "m", "--body", "[]"], /Expected a JSON object/],
])("the flags %j are refused", async (flags, message) => {
  const { file } = await dataset(...numbers(1));
  const { exitCode, err } = await sluice(["run", file, ...OF, ...flags]);
  expect(exitCode).toBe(EXIT.usage);
  expect(err).toMatch(message);
});

const promptfoo = (results: object[]) => ({
  evalId: "eval-1",
  results: { version: 3, timestamp: "2026-09-25T10:00:00.000Z", prompts: [], results, stats: {} },
  config: {},
});
const result = {
  provider: { id: "openai:x" },
  prompt: { raw: "p", label: "p" },
  success: true,
  score: 0.75,
  latencyMs: 90,
  cost: 0.1,
};

async function resultsFile(document: unknown): Promise<string> {
  files += 1;
  const file = join(folder, `promptfoo-${files}.json`);
  await writeFile(file, typeof document === "string" ? document : JSON.stringify(document));
  return file;
}

test("results of promptfoo are imported", async () => {
  const file = await resultsFile(promptfoo([result]));
  const { exitCode, recorded, out } = await sluice(["import", file, ...OF, "--dataset", "geo"]);
  expect(exitCode).toBe(EXIT.ok);
  expect(recorded).toMatchObject([
    { dataset: "geo", source: "promptfoo", metrics: { score: 0.75, costUsd: 0.1 }, sampleCount: 1 },
  ]);
  expect(out).toMatch(/score +0\.75/);
});

test.each([
  ["{", /is not JSON .*allowed: what promptfoo eval --output writes/],
  [promptfoo([{ ...result, score: undefined }]), /results\.results\[0\]\.score is missing; allowed: a number/],
  [promptfoo([result, { ...result, provider: { id: "b" } }]), /provider is missing; allowed: one of "openai:x", "b"/],
])("a file of results that cannot be imported is refused: %#", async (document, message) => {
  const { exitCode, err, recorded } = await sluice(["import", await resultsFile(document), ...OF]);
  expect({ exitCode, recorded }).toEqual({ exitCode: EXIT.usage, recorded: [] });
  expect(err).toMatch(message);
});
