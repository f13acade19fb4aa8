import { readFile, truncate } from "node:fs/promises";
import { expect, test } from "vitest";
import { EXIT } from "../exit.ts";
import { problem } from "../testing/api.ts";
import { completion } from "../testing/evaluation.ts";
import { double, evaluationWorkshop, numbers, OF, records } from "../testing/evaluation.workshop.ts";

const { api, dataset, model, sluice } = evaluationWorkshop();

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

test("a token in a header that the candidate repeats is not shown, also where its answer is cut", async () => {
  const candidate = await model(({ headers }) => ({ body: `${"x".repeat(3_995)}${headers["x-api-token"]}` }));
  const { file, results } = await dataset({ input: "2+2", expected: "4" });
  const argv = ["run", file, ...OF, "--target", candidate.url, "--header", "x-api-token=Token hunter2"];
  expect((await sluice(argv)).exitCode).toBe(EXIT.ok);
  const [, outcome] = await records(results);
  expect(outcome?.output).toMatch(/^x+Token…$/);
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

test("an answer that never comes is an error of its line", async () => {
  const candidate = await model(() => null);
  const { file, results } = await dataset({ input: "silence", expected: "" });
  await sluice(["run", file, ...OF, "--target", candidate.url, "--timeout", "250ms"]);
  expect((await records(results))[1]).toMatchObject({ reason: "no answer within 0.25 s (4 attempts)" });
});

test("answers that never end or make no sense are errors of their line", async () => {
  const candidate = await model(({ body }) => {
    if (body.input === "flood") return { body: "x".repeat(9_000_000) };
    return { headers: { "content-type": "application/json" }, body: "{" };
  });
  const { file, results } = await dataset(
    ...["flood", "nonsense"].map((input) => ({ id: input, input, expected: "" })),
  );
  await sluice(["run", file, ...OF, "--target", candidate.url]);
  const reasons = Object.fromEntries((await records(results)).slice(1).map(({ id, reason }) => [id, reason]));
  expect(reasons).toEqual({
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

test("a dataset of ten gigabytes is read as far as it is asked for", async () => {
  const candidate = await model(double);
  const { file, results } = await dataset(...numbers(3));
  await truncate(file, 10 * 2 ** 30);
  const { exitCode, err } = await sluice(["run", file, ...OF, "--target", candidate.url]);
  expect(exitCode).toBe(EXIT.usage);
  expect(err).toContain(`${file}:4: the line is longer than 8388608 bytes`);
  expect(await records(results)).toHaveLength(4);
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
