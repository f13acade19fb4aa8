import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, expect, test } from "vitest";
import { EXIT } from "../exit.ts";
import { run } from "../program.ts";
import { type Answers, startApi, type TestApi } from "../testing/api.ts";
import { testIo } from "../testing/io.ts";

const folder = mkdtempSync(join(tmpdir(), "sluice-workflow-cli-"));
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

const workflow = {
  ...{
    name: "release",
    project: "default",
    version: 2,
    digest: "d",
    createdAt: "2026-11-21T10:00:00.000Z",
    createdBy: "ci",
  },
  spec: { inputs: { n: { type: "number" }, dry: { type: "boolean" } }, stages: [{ name: "build" }, { name: "test" }] },
};

const runOf = (status: string) => ({
  ...{ id: "wfr_1", project: "default", workflow: "release", version: 2, status, reason: null, progressPercentage: 50 },
  ...{ inputs: {}, environment: "staging", allowedCommands: ["cancel"], triggeredBy: "ci", retryOf: null },
  ref: { branch: "", tag: "", commit: "" },
  stages: [{ task: "build", stage: "build", status, attempt: 1, reason: "it exited with status 3", finishedAt: null }],
  ...{ createdAt: "2026-11-21T10:00:00.000Z", startedAt: null, finishedAt: null },
});

test("a file becomes a version, and says what is missing", async () => {
  const file = join(folder, "release.yaml");
  writeFileSync(file, "kind: Workflow\nname: release\nstages:\n  - { name: a, run: { command: [make] } }\n");
  const { out, asked } = await sluice({ "PUT /v1/workflows/release": { json: workflow } }, [
    "workflow",
    "apply",
    "-f",
    file,
  ]);
  expect(out).toBe("Workflow release has version 2\n");
  expect(asked[0]?.body).toEqual({ spec: { stages: [{ name: "a", run: { command: ["make"] } }] } });
  writeFileSync(file, "kind: Gate\nname: x\n");
  expect(await sluice({}, ["workflow", "apply", "-f", file])).toMatchObject({
    ...{ exitCode: EXIT.usage, err: expect.stringContaining("is of kind Gate, not Workflow") },
  });
});

test.each([
  ["succeeded", EXIT.ok],
  ["failed", EXIT.failed],
  ["cancelled", EXIT.cancelled],
])("a run that is waited for and %s is exit code %s", async (status, code) => {
  const { exitCode, out, asked } = await sluice(
    {
      "GET /v1/workflows/release": { json: workflow },
      "POST /v1/workflow-runs": { status: 202, json: runOf("queued") },
      "GET /v1/workflow-runs/wfr_1": { json: runOf(status) },
    },
    [
      "workflow",
      "run",
      "release",
      "--input",
      "n=3",
      "--input",
      "dry=true",
      "--input",
      "text=3",
      "--tag",
      "v1",
      "--wait",
    ],
  );
  expect(exitCode).toBe(code);
  expect(asked[1]?.body).toEqual({ workflow: "release", inputs: { n: 3, dry: true, text: "3" }, ref: { tag: "v1" } });
  expect(out).toMatch(new RegExp(`build +${status} +1`));
});

test("a run that is waited for tells of each stage once it has begun, and once for whatever becomes of it", async () => {
  const looks = [runOf("running"), runOf("running"), runOf("failed")];
  const stages = (status: string) => [
    { task: "build", stage: "build", status, attempt: 1, reason: null, finishedAt: null },
    { task: "test", stage: "test", status: "pending", attempt: 0, reason: null, finishedAt: null },
  ];
  const { out, err } = await sluice(
    {
      "GET /v1/workflows/release": { json: workflow },
      "POST /v1/workflow-runs": { status: 202, json: runOf("queued") },
      "GET /v1/workflow-runs/wfr_1": () => {
        const look = looks.shift() ?? runOf("failed");
        return { json: { ...look, stages: stages(look.status) } };
      },
    },
    ["workflow", "run", "release", "--wait", "-o", "json"],
  );
  expect(err.replaceAll(/\S+Z/g, "TIME").split("\n")).toEqual([
    ...["run wfr_1 of release has begun", "TIME  build  running", "TIME  build  failed", ""],
  ]);
  expect(JSON.parse(out).status).toBe("failed");
});

test("a run is waited for through a restart of the server, and the silence is told of once", async () => {
  const away = { status: 503, json: { type: "about:blank", title: "Unavailable", status: 503, detail: "starting" } };
  const looks = [{ json: runOf("running") }, away, away, { json: runOf("succeeded") }];
  const { exitCode, err } = await sluice(
    {
      "GET /v1/workflows/release": { json: workflow },
      "POST /v1/workflow-runs": { status: 202, json: runOf("queued") },
      "GET /v1/workflow-runs/wfr_1": () => looks.shift() ?? away,
    },
    ["workflow", "run", "release", "--wait"],
  );
  expect(exitCode).toBe(EXIT.ok);
  expect(err.match(/starting; trying again/g)).toHaveLength(1);
});

test.each([
  ["n=three", "expected a number"],
  ["dry=yes", "expected true or false"],
])("--input %s is a usage error", async (input, message) => {
  const { exitCode, err } = await sluice({ "GET /v1/workflows/release": { json: workflow } }, [
    "workflow",
    "run",
    "release",
    "--input",
    input,
  ]);
  expect(exitCode).toBe(EXIT.usage);
  expect(err).toContain(message);
});

const artifact = (path: string) => ({
  ...{
    id: "a1",
    stage: "build",
    task: "build",
    attempt: 1,
    name: "dist",
    path,
    sizeBytes: 5,
    sha256: "0123456789abcdef",
  },
});

test("artifacts are downloaded below the folder, and never beside it", async () => {
  const into = join(folder, "dist");
  const answers = (path: string): Answers => ({
    "GET /v1/workflow-runs/wfr_1/artifacts": { json: { items: [artifact(path)], nextCursor: null } },
    "GET /v1/workflow-runs/wfr_1/artifacts/a1": { text: "hello" },
  });
  const { out } = await sluice(answers("sub/a.txt"), ["workflow", "artifacts", "wfr_1", "--into", into]);
  expect(out).toMatch(/a1 +build +dist +sub\/a\.txt +5/);
  expect(readFileSync(join(into, "build/sub/a.txt"), "utf8")).toBe("hello");
  const evil = await sluice(answers("../../../evil.txt"), ["workflow", "artifacts", "wfr_1", "--into", into]);
  expect(evil.exitCode).toBe(EXIT.unexpected);
  expect(existsSync(join(folder, "..", "evil.txt"))).toBe(false);
});

test("a stage is approved by name, with words", async () => {
  const { asked } = await sluice({ "POST /v1/workflow-runs/wfr_1/approve": { status: 202, json: runOf("running") } }, [
    ...["workflow", "approve", "wfr_1", "--stage", "production", "--comment", "go"],
  ]);
  expect(asked[0]?.body).toEqual({ stage: "production", comment: "go" });
});
