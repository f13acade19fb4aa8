import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, onTestFinished, test } from "vitest";
import { EXIT } from "../exit.ts";
import { run } from "../program.ts";
import { type Answers, startApi, type TestApi } from "../testing/api.ts";
import { testIo } from "../testing/io.ts";

let api: TestApi | null = null;
afterEach(() => api?.close());

async function sluice(answers: Answers, argv: string[], input = "") {
  api = await startApi(answers);
  const io = testIo({ environment: { SLUICE_URL: api.url }, input });
  return { exitCode: await run(argv, io), out: io.out(), err: io.err(), asked: api.asked };
}

const action = { type: "deploy", deployment: "greeter", environment: "staging", version: "{{tag}}" };
const filters = { events: null, repositories: [], branches: [], tags: ["v*"], paths: [] };
const trigger = {
  name: "tags",
  id: "trg_1",
  source: "github",
  enabled: true,
  description: "",
  action,
  filters,
  fireUrl: "http://x/fire",
};

test("a trigger is created from a file, and its secret is shown with a warning", async () => {
  const answers = { "POST /v1/triggers": { json: { ...trigger, secret: "whsec_abc" }, status: 201 } };
  const { exitCode, out, err, asked } = await sluice(
    answers,
    ["trigger", "create", "tags", "-f", "-"],
    "source: github\n",
  );
  expect([exitCode, asked[0]?.body]).toEqual([EXIT.ok, { name: "tags", source: "github" }]);
  expect(out).toContain("whsec_abc");
  expect(out).toContain("deploy {{tag}} to greeter in staging");
  expect(err).toContain("not shown again");
});

test("a firing that failed is an exit code of its own", async () => {
  const firing = { outcome: "failed", reason: "version v1 does not exist", rollouts: [] };
  const answers = { "POST /v1/triggers/tags/fire": { json: firing, status: 202 } };
  const { exitCode, out, asked } = await sluice(answers, ["trigger", "fire", "tags", "--tag", "v1"]);
  expect([exitCode, out]).toEqual([EXIT.refused, "failed: version v1 does not exist\n"]);
  expect(asked[0]?.body).toEqual({ inputs: {}, tag: "v1" });
});

test("schedules are listed with their next time", async () => {
  const nightly = {
    name: "nightly",
    schedule: "30 2 * * *",
    timezone: "UTC",
    paused: false,
    next: ["2026-11-22T02:30:00.000Z"],
    action,
  };
  const { out } = await sluice({ "GET /v1/schedules": { json: { items: [nightly], nextCursor: null } } }, [
    "schedule",
    "list",
  ]);
  expect(out).toMatch(/nightly +30 2 \* \* \* \(UTC\) +2026-11-22T02:30:00.000Z +deploy/);
});

test("a version of a folder without a repository is refused before anything is asked", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sluice-none-"));
  const before = process.cwd();
  writeFileSync(join(folder, "spec.yaml"), "image: greeter\n");
  process.chdir(folder);
  onTestFinished(() => {
    process.chdir(before);
    rmSync(folder, { recursive: true, force: true });
  });
  const { exitCode, err, asked } = await sluice({}, ["version", "create", "greeter", "--from-git", "-f", "spec.yaml"]);
  expect([exitCode, asked]).toEqual([EXIT.usage, []]);
  expect(err).toContain("not a git repository");
});
