import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll } from "vitest";
import { run } from "../program.ts";
import { type Answers, startApi, type TestApi } from "./api.ts";
import { type Model, startModel } from "./evaluation.ts";
import { testIo } from "./io.ts";

const ANSWERS: Answers = {
  "GET /v1/artifacts/bot/versions/2": { json: { version: "2" } },
  "POST /v1/evaluations": ({ body }) => ({
    status: 201,
    json: { id: "eva_1", recordedBy: "local", ...(typeof body === "object" ? body : {}) },
  }),
};

/** What is evaluated in all these tests. */
export const OF = ["--artifact", "bot", "--version", "2"];

/** A candidate that knows how to double numbers, and a dataset that asks it. */
export const double = ({ body }: { body: Record<string, unknown> }) => ({
  body: { output: String(2 * Number(body.input)) },
});
export const numbers = (count: number) =>
  Array.from({ length: count }, (_, at) => ({ input: at, expected: 2 * at, scorer: "numeric" }));

/** The lines of a results file. */
export const records = async (file: string) =>
  (await readFile(file, "utf8"))
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));

/** Servers, files and command lines of a test file; whatever they open is closed after each test. */
export function evaluationWorkshop() {
  const open: { close(): Promise<void> }[] = [];
  let folder = "";
  let files = 0;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "sluice-eval-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  afterEach(async () => {
    await Promise.all(open.splice(0).map((one) => one.close()));
  });

  const api = async (answers: Answers = ANSWERS): Promise<TestApi> => {
    const started = await startApi(answers);
    open.push(started);
    return started;
  };

  return {
    api,
    async model(answer: Parameters<typeof startModel>[0]): Promise<Model> {
      const started = await startModel(answer);
      open.push(started);
      return started;
    },
    /** A dataset, and where its results go by default. */
    async dataset(...lines: object[]): Promise<{ file: string; results: string }> {
      files += 1;
      const file = join(folder, `set-${files}.ndjson`);
      await writeFile(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
      return { file, results: join(folder, `set-${files}.results.ndjson`) };
    },
    async writeText(text: string): Promise<string> {
      files += 1;
      const file = join(folder, `file-${files}.json`);
      await writeFile(file, text);
      return file;
    },
    /** `sluice eval …` in this process; what it printed, and what it asked the server to record. */
    async sluice(argv: string[], options: Parameters<typeof testIo>[0] & { server?: TestApi } = {}) {
      const server = options.server ?? (await api());
      const io = testIo({ ...options, environment: { SLUICE_URL: server.url, ...options.environment } });
      const exitCode = await run(["eval", ...argv], io);
      const recorded = server.asked.filter(({ method }) => method === "POST").map(({ body }) => body);
      return { exitCode, out: io.out(), err: io.err(), recorded, io };
    },
  };
}
