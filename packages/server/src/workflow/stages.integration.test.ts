import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startWorkshop, type Workshop } from "./testing/workflow.fixture.ts";

const ROOT = new URL("../../../../", import.meta.url);
const REPORT = { name: "log4shell-like", ecosystem: "npm" };

let shop: Workshop;
let osv: string;
beforeAll(async () => {
  osv = await mkdtemp(join(tmpdir(), "sluice-osv-"));
  await mkdir(join(osv, "npm"));
  const entry = {
    id: "TEST-1",
    modified: "2026-01-01T00:00:00Z",
    affected: [
      {
        package: REPORT,
        ranges: [{ type: "SEMVER", events: [{ introduced: "0" }, { fixed: "2.0.0" }] }],
        database_specific: { severity: "CRITICAL" },
      },
    ],
    database_specific: { severity: "CRITICAL" },
  };
  await writeFile(join(osv, "npm", "TEST-1.json"), JSON.stringify(entry));
  shop = await startWorkshop({ SLUICE_OSV_DIR: osv });
  await shop.server.call("POST", "/v1/artifacts", { name: "greeter-released", kind: "application" });
});
afterAll(async () => {
  await shop.close();
  await rm(osv, { recursive: true, force: true });
});

/** A run of the example, which the command line has registered. */
async function release(body: object): Promise<{ id: string }> {
  const cli = fileURLToPath(new URL("packages/cli/src/main.ts", ROOT));
  const file = fileURLToPath(new URL("examples/workflow/release.yaml", ROOT));
  const env = { SLUICE_URL: shop.server.url };
  await promisify(execFile)(process.execPath, [cli, "workflow", "apply", "-f", file], { env });
  return shop.server.call("POST", "/v1/workflow-runs", { workflow: "release", ...body });
}

test("the example builds, tests, scans, delivers, verifies and watches a version, and promotes it when somebody says so", async () => {
  const { id } = await release({ inputs: { version: "1.0.0" }, ref: { branch: "main" } });
  const waiting = await shop.until(
    id,
    (run) => shop.task(run, "staging").status === "awaiting_approval" || run.status === "failed",
  );
  expect(waiting.reason).toBeNull();
  expect(Object.fromEntries(waiting.stages.map(({ task, status }) => [task, status]))).toEqual({
    ...{ build: "succeeded", "test-1": "succeeded", "test-2": "succeeded", scan: "succeeded", deploy: "succeeded" },
    ...{ verify: "succeeded", monitor: "succeeded", staging: "awaiting_approval", tell: "skipped" },
  });
  expect(shop.task(waiting, "deploy").outputs).toMatchObject({
    version: "1.0.0",
    environment: "development",
    changed: "true",
  });
  await shop.server.call("POST", `/v1/workflow-runs/${id}/approve`, { comment: "looks well" });
  expect(await shop.ended(id)).toMatchObject({ status: "succeeded" });
  const { version } = await shop.server.call<{ version: string }>(
    "GET",
    "/v1/deployments/greeter-released?environment=staging",
  );
  expect(version).toBe("1.0.0");
});

test("a version that does not answer as it should fails its verification, with what was seen, and the run tells so", async () => {
  const { id } = await release({ inputs: { version: "1.1.0", mode: "failing" } });
  // The verification is given all its time; nobody waits for that here.
  const run = await shop.until(id, (one) => shop.task(one, "verify").status === "running");
  expect(shop.task(run, "deploy").status).toBe("succeeded");
  const ended = await shop.ended(id);
  expect(ended.status).toBe("failed");
  expect(ended.reason).toMatch(/^verify: it ran longer than 60 s \(after \d+ rounds: .*answered 500, not 200/);
  expect(shop.task(ended, "tell").status).toBe("succeeded");
  expect(await shop.logs(id, "?stage=tell")).toContain("version 1.1.0 was not delivered");
});

test("cancelling a run cancels the rollout that it began", async () => {
  const steps = [{ setWeight: 5 }, { wait: { approval: true } }, { setWeight: 100 }];
  const { id } = await shop.run("held", {
    stages: [
      {
        name: "deploy",
        deploy: {
          ...{ artifact: "greeter-released", version: "2.0.0", environment: "development" },
          create: { spec: { command: ["node", "server.mjs"], workdir: "examples/greeter", env: { VERSION: "2.0.0" } } },
          strategy: { type: "canary", steps },
        },
      },
    ],
  });
  const rollouts = () =>
    shop.server.call<{ items: { id: string; phase: string; step: number; toVersion: string }[] }>(
      "GET",
      "/v1/rollouts?limit=1",
    );
  await expect.poll(async () => (await rollouts()).items[0]).toMatchObject({ toVersion: "2.0.0", phase: "shifting" });
  await shop.server.call("POST", `/v1/workflow-runs/${id}/cancel`, {});
  expect(await shop.ended(id)).toMatchObject({ status: "cancelled" });
  await expect.poll(async () => (await rollouts()).items[0]?.phase).toBe("cancelled");
});

const sbom = (version: string) => ({
  bomFormat: "CycloneDX",
  specVersion: "1.5",
  components: [{ type: "library", name: REPORT.name, version, purl: `pkg:npm/${REPORT.name}@${version}` }],
});

test.each([
  ["1.0.0", "failed", /1 vulnerabilities of severity high or worse: TEST-1 in log4shell-like 1\.0\.0 \(critical\)/],
  ["2.0.0", "succeeded", /^$/],
])("a scan of an SBOM that the build made: %s %s", async (version, status, reason) => {
  const { id } = await shop.run("scanned", {
    stages: [
      {
        name: "build",
        run: {
          command: ["sh", "-c", 'printf "%s" "$1" > bom.json', "sh", JSON.stringify(sbom(version))],
          artifacts: [{ name: "sbom", paths: ["bom.json"] }],
        },
      },
      { name: "scan", needs: ["build"], scan: { sbom: { stage: "build", artifact: "sbom", path: "bom.json" } } },
    ],
  });
  const run = await shop.ended(id);
  expect(shop.task(run, "scan").status).toBe(status);
  expect(shop.task(run, "scan").reason ?? "").toMatch(reason);
});

test("an evaluation is waited for, and its figures decide", async () => {
  await shop.server.call("POST", "/v1/artifacts/greeter-released/versions", {
    version: "3.0.0",
    spec: { command: ["node"] },
  });
  const of = { artifact: "greeter-released", version: "3.0.0", dataset: "smoke" };
  const { id } = await shop.run("evaluated", {
    stages: [
      { name: "good", eval: { ...of, minimum: { score: 0.8 }, maximum: { p95Ms: 900 } } },
      { name: "better", eval: { ...of, minimum: { score: 0.95 } } },
    ],
  });
  await shop.until(id, (run) => run.stages.every(({ status }) => status === "running"));
  await shop.server.call("POST", "/v1/evaluations", {
    ...of,
    metrics: { score: 0.9, p95Ms: 640 },
    sampleCount: 50,
    source: "test",
  });
  const run = await shop.ended(id);
  expect(shop.task(run, "good")).toMatchObject({ status: "succeeded", outputs: { score: "0.9" } });
  expect(shop.task(run, "better").reason).toMatch(/score is 0\.9, at least 0\.95 is needed/);
});
