import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, expect, test } from "vitest";
import { EXIT } from "../exit.ts";
import { run } from "../program.ts";
import { type Answers, problem, startApi, type TestApi } from "../testing/api.ts";
import { testIo } from "../testing/io.ts";

const folder = mkdtempSync(join(tmpdir(), "sluice-gates-"));
const apis: TestApi[] = [];
afterEach(async () => {
  await Promise.all(apis.splice(0).map((api) => api.close()));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function sluice(answers: Answers, argv: string[]) {
  const api = await startApi(answers);
  apis.push(api);
  const io = testIo({ environment: { SLUICE_URL: api.url } });
  const exitCode = await run(argv, io);
  return { exitCode, out: io.out(), err: io.err(), asked: api.asked };
}

const score = {
  type: "eval_score",
  metric: "accuracy",
  dataset: "smoke",
  operator: "gte",
  threshold: 0.9,
  required: true,
};
const gate = {
  name: "quality",
  project: "default",
  artifact: "greeter",
  environment: null,
  kind: null,
  required: true,
  waitSeconds: 3_600,
  conditions: [score],
  createdAt: "2026-11-21T10:00:00.000Z",
  updatedAt: "2026-11-21T10:00:00.000Z",
};

test("gates are listed and shown by what they ask", async () => {
  const list = await sluice({ "GET /v1/gates": { json: { items: [gate], nextCursor: null } } }, [
    "gate",
    "list",
    "-e",
    "staging",
  ]);
  expect(list.out).toMatch(/quality +greeter +every +yes +accuracy on smoke >= 0\.9/);
  expect(list.asked[0]?.path).toContain("environment=staging");
  const get = await sluice({ "GET /v1/gates/quality": { json: gate } }, ["gate", "get", "quality"]);
  expect(get.out).toMatch(/accuracy on smoke +eval_score +>= 0\.9 +yes/);
});

test("a gate is created from flags, a condition each", async () => {
  const { asked, exitCode } = await sluice({ "POST /v1/gates": { status: 201, json: gate } }, [
    ...[
      "gate",
      "create",
      "quality",
      "--artifact",
      "greeter",
      "--score",
      "accuracy>=0.9@smoke",
      "--score",
      "f1>0.5@smoke",
    ],
    ...["--latency", "p95Ms<=500@tests", "--expression", "metrics.score > 0.5", "--webhook", "https://checks.example"],
    ...["--advisory", "--wait-for", "10m"],
  ]);
  expect(exitCode).toBe(EXIT.ok);
  expect(asked[0]?.body).toEqual({
    name: "quality",
    artifact: "greeter",
    required: false,
    waitSeconds: 600,
    conditions: [
      { type: "eval_score", metric: "accuracy", operator: "gte", threshold: 0.9, dataset: "smoke" },
      { type: "eval_score", metric: "f1", operator: "gt", threshold: 0.5, dataset: "smoke" },
      { type: "latency", metric: "p95Ms", operator: "lte", threshold: 500, source: "tests" },
      { type: "custom", expression: "metrics.score > 0.5" },
      { type: "custom", webhook: { url: "https://checks.example" } },
    ],
  });
});

test.each([
  [["gate", "create", "x"], "a gate needs a condition"],
  [["gate", "create", "x", "--score", "accuracy"], "Expected METRIC(>=|<=|==|>|<)NUMBER@DATASET"],
  [["eval", "record", "--artifact", "x"], "an evaluation needs --version, --dataset, --metric, --samples"],
  [["eval", "record", "--metric", "score=high"], "Expected NAME=NUMBER"],
])("%j is a usage error that says what is allowed", async (argv, message) => {
  const { exitCode, err } = await sluice({}, argv);
  expect(exitCode).toBe(EXIT.usage);
  expect(err).toContain(message);
});

const manifest = (headers = "") => {
  const path = join(folder, "gates.yaml");
  const text = `
kind: Gate
name: quality
artifact: greeter
conditions:
  - { type: eval_score, metric: accuracy, dataset: smoke, threshold: 0.9 }
  - type: custom
    webhook: { url: "https://checks.example/", headers: { ${headers} } }
`;
  writeFileSync(path, text);
  return path;
};

test("a manifest creates the gate, and changes it only where it differs", async () => {
  const file = manifest();
  const missing = { "GET /v1/gates/quality": problem(404, "not_found", "gate quality does not exist") };
  const put = { "PUT /v1/gates/quality": { status: 201, json: gate } };
  const created = await sluice({ ...missing, ...put }, ["gate", "apply", "-f", file]);
  expect(created.out).toBe("Gate quality created\n");
  expect(created.asked[1]?.body).toMatchObject({
    artifact: "greeter",
    kind: null,
    conditions: [score, { type: "custom" }],
  });

  const webhook = {
    type: "custom",
    required: true,
    webhook: { url: "https://checks.example/", headers: {}, timeoutSeconds: 10 },
  };
  const present = { "GET /v1/gates/quality": { json: { ...gate, conditions: [score, webhook] } } };
  const again = await sluice(present, ["apply", "-f", file]);
  expect(again).toMatchObject({ out: "Gate quality unchanged\n", exitCode: EXIT.ok });
  expect(again.asked).toHaveLength(1);
  const other = { "GET /v1/gates/quality": { json: { ...gate, conditions: [{ ...score, threshold: 0.8 }, webhook] } } };
  const changed = await sluice({ ...other, ...put }, ["apply", "-f", file]);
  expect(changed.out).toMatch(/Gate quality updated\n.*threshold/);
});

test("headers that the server does not show are written again, and no difference", async () => {
  const webhook = { url: "https://checks.example/", headers: { X: "(not shown)" }, timeoutSeconds: 10 };
  const { out, asked } = await sluice(
    {
      "GET /v1/gates/quality": { json: { ...gate, conditions: [score, { type: "custom", required: true, webhook }] } },
      "PUT /v1/gates/quality": { json: gate },
    },
    ["gate", "apply", "-f", manifest("X: hunter2")],
  );
  expect(out).toBe("Gate quality unchanged\n");
  expect(asked[1]?.body).toMatchObject({ conditions: [score, { webhook: { headers: { X: "hunter2" } } }] });
});

test("manifests of other kinds, and mistakes, are refused by name and line", async () => {
  const path = join(folder, "wrong.yaml");
  writeFileSync(path, "kind: Environment\nname: qa\n");
  expect((await sluice({}, ["gate", "apply", "-f", path])).err).toContain("Environment qa is no Gate");
  writeFileSync(
    path,
    "kind: Gate\nname: q\nconditions:\n  - type: eval_score\n    dataset: smoke\n    threshold: 90\n",
  );
  const { err, exitCode } = await sluice({}, ["gate", "apply", "-f", path]);
  expect(err).toContain("wrong.yaml:6: conditions[0].threshold is 90");
  expect(exitCode).toBe(EXIT.usage);
});

test("an evaluation is recorded from flags or a file, and listed", async () => {
  const evaluation = {
    id: "eva_1",
    project: "default",
    artifact: "greeter",
    version: "1.1.0",
    dataset: "smoke",
    metrics: { accuracy: 0.93, p95Ms: 640 },
    sampleCount: 200,
    source: "cli",
    details: {},
    startedAt: null,
    finishedAt: "2026-11-21T10:00:00.000Z",
    recordedAt: "2026-11-21T10:00:00.000Z",
    recordedBy: "local",
  };
  const answers = { "POST /v1/evaluations": { status: 201, json: evaluation } };
  const of = ["--artifact", "greeter", "--version", "1.1.0", "--dataset", "smoke"];
  const figures = ["--metric", "accuracy=0.93", "--metric", "p95Ms=640", "--samples", "200"];
  const flags = await sluice(answers, ["eval", "record", ...of, ...figures]);
  const body = {
    artifact: "greeter",
    version: "1.1.0",
    dataset: "smoke",
    metrics: evaluation.metrics,
    sampleCount: 200,
  };
  expect(flags.asked[0]?.body).toEqual({ ...body, source: "cli" });
  expect(flags.out).toMatch(/accuracy +0\.93/);
  const path = join(folder, "evaluation.json");
  writeFileSync(path, JSON.stringify({ ...body, source: "nightly" }));
  const file = await sluice(answers, ["eval", "record", "-f", path, "--samples", "5"]);
  expect(file.asked[0]?.body).toEqual({ ...body, source: "nightly", sampleCount: 5 });
  const list = await sluice({ "GET /v1/evaluations": { json: { items: [evaluation], nextCursor: null } } }, [
    "eval",
    "list",
    ...of,
  ]);
  expect(list.out).toMatch(/eva_1 +greeter +1\.1\.0 +smoke +accuracy 0\.93, p95Ms 640 +200/);
  expect(list.asked[0]?.path).toContain("dataset=smoke");
});
