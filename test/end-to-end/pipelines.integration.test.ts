import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { linesOf, Reader } from "../guide.ts";
import { OTELCOL, WITHOUT_OTELCOL } from "../otelcol/find.ts";
import { startSystem } from "./system.ts";

const CLI = fileURLToPath(new URL("../../packages/cli/src/main.ts", import.meta.url));

/** The variable PATH of this machine. */
const USUAL = spawnSync("sh", ["-c", 'printf %s "$PATH"'], { encoding: "utf8" }).stdout;

/** What the document prints, but for its ids; a shell reads it. */
const PRINTED = {
  deploy: `phoenix pipeline deploy \\
  --name process-topk-v1 \\
  --deployment-name prod-optimization \\
  --namespace phoenix-prod \\
  --selector "environment=production,tier=frontend" \\
  --param top_k=20 \\
  --param critical_processes=nginx,envoy`,
  list: "phoenix pipeline list-deployments --namespace phoenix-prod",
  get: "phoenix pipeline get-deployment dep-abc123",
  update: "phoenix pipeline update-deployment dep-abc123 --param top_k=25",
  remove: "phoenix pipeline delete-deployment dep-abc123",
};

interface Said {
  code: number | null;
  output: string;
}

function shell(line: string, url: string): Promise<Said> {
  const sluice = `phoenix() { ${process.execPath} ${CLI} "$@" --server ${url}; }`;
  const child = spawn("bash", ["-c", `${sluice}\n${line}`], { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => resolve({ code, output }));
  });
}

describe.skipIf(OTELCOL === null)(`pipelines by the command line (${OTELCOL ?? WITHOUT_OTELCOL})`, () => {
  const folder = dirname(OTELCOL ?? "/");

  test("the lines of the command line run as they are printed", { timeout: 300_000 }, async () => {
    await using system = await startSystem({
      PATH: `${folder}:${USUAL}`,
      SLUICE_NODE_LABELS: "environment=production,tier=frontend",
    });
    const say = async (line: string): Promise<string> => {
      const { code, output } = await shell(line, system.url);
      expect(code, `${line}\n${output}`).toBe(0);
      return output;
    };
    const id = /dep_\w+/.exec(await say(PRINTED.deploy))?.[0] ?? "";
    const printed = (line: string): string => line.replace("dep-abc123", id);
    expect(await say(PRINTED.list)).toContain("prod-optimization");
    await expect
      .poll(() => say(printed(PRINTED.get)), { timeout: 120_000, interval: 1_000 })
      .toMatch(/active \(running\)/);
    expect(await say(printed(PRINTED.get))).toContain('{"top_k":20,"critical_processes":["nginx","envoy"]}');
    expect(await say(printed(PRINTED.update))).toContain("Rolling update initiated");
    await expect
      .poll(() => say(printed(PRINTED.get)), { timeout: 120_000, interval: 1_000 })
      .toMatch(/active \(running\)/);
    expect(await say(printed(PRINTED.get))).toContain('"top_k":25');
    expect(await say(`phoenix pipeline history ${id}`)).toContain("completed");
    expect(await say(printed(PRINTED.remove))).toContain("Deployment removal initiated");
    await expect.poll(() => say(printed(PRINTED.get)), { interval: 500 }).toMatch(/deleted \(removed\)/);
  });

  test("the guide to pipelines works as it is printed", { timeout: 600_000 }, async () => {
    const guide = readFileSync("docs/guides/pipelines.md", "utf8");
    const reader = new Reader(guide);
    onTestFinished(() => reader.leave());
    await reader.type(`export PATH="${folder}:$PATH"`);
    expect(await reader.type("npx sluice up")).toMatchObject({ code: 0 });
    expect(linesOf(guide).length).toBeGreaterThan(6);
    await reader.typeAll(guide);
  });
});

test("without a collector a deployment fails in validation and says what is missing", {
  timeout: 120_000,
}, async () => {
  const bare = USUAL.split(":")
    .filter((place) => !["otelcol", "otelcol-contrib"].some((name) => existsSync(join(place, name))))
    .join(":");
  await using system = await startSystem({ PATH: bare, SLUICE_NODE_LABELS: "tier=frontend" });
  const answer = await system.send("POST", "/api/v1/pipelines/deployments", {
    pipeline_name: "process-baseline-v1",
    deployment_name: "lonely",
    namespace: "default",
    target_nodes: { tier: "frontend" },
  });
  expect(answer.status).toBe(202);
  const said = async (): Promise<string> =>
    JSON.stringify((await system.send("GET", "/api/v1/pipelines/deployments")).body);
  await expect.poll(said).toContain('"status":"failed"');
  const [, id = ""] = /"deployment_id":"(dep_\w+)"/.exec(await said()) ?? [];
  const detail = await system.send("GET", `/api/v1/pipelines/deployments/${id}`);
  expect(JSON.stringify(detail.body)).toContain("otelcol, the OpenTelemetry Collector, is not on PATH");
});
