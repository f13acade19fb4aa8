import { spawn } from "node:child_process";
import { appendFile, readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { processEnvironment } from "../config.ts";
import { EXIT } from "../exit.ts";
import { run } from "../program.ts";
import { double, evaluationWorkshop, numbers, OF, records } from "../testing/evaluation.workshop.ts";
import { testIo } from "../testing/io.ts";

const SLUICE = fileURLToPath(new URL("../../bin/sluice.mjs", import.meta.url));

const { api, dataset, model, sluice } = evaluationWorkshop();

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
