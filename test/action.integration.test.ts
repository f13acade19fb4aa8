import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { type ServerProcess, serverProcess } from "../packages/server/src/testing/server.process.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

const actionSchema = z.object({
  inputs: z.record(z.string(), z.object({ default: z.string().optional(), required: z.boolean().optional() })),
  outputs: z.record(z.string(), z.object({ value: z.string() })),
  runs: z.object({
    steps: z.array(
      z.object({
        name: z.string().optional(),
        env: z.record(z.string(), z.string()).optional(),
        run: z.string().optional(),
      }),
    ),
  }),
});
const action = actionSchema.parse(parse(readFileSync(join(ROOT, "action.yml"), "utf8")));

/** Of the documented workflow. */
const workflowSchema = z.object({
  jobs: z.record(
    z.string(),
    z.object({
      steps: z.array(z.object({ uses: z.string().optional(), with: z.record(z.string(), z.unknown()).optional() })),
    }),
  ),
});

let server: ServerProcess;
let folder: string;
let token: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sluice-action-"));
  server = await serverProcess(join(folder, "data"));
  await server.start();
  ({ token } = await server.call<{ token: string }>("POST", "/v1/tokens", { name: "ci", role: "deployer" }));
});

afterAll(async () => {
  await server.kill();
  await server.down();
  await rm(folder, { recursive: true, force: true });
});

/** The step that delivers, run as a runner does: with its expressions replaced, in a shell, with files for what it says. */
async function deliver(inputs: Record<string, string>) {
  const step = action.runs.steps.find(({ name }) => name === "Deliver");
  if (step?.run === undefined) throw new Error("action.yml has no step that delivers");
  const context: Record<string, string> = { "github.action_path": ROOT, "github.sha": "4b825dc642cb" };
  const value = (text: string): string =>
    text.replace(/\$\{\{ ([\w.-]+) \}\}/g, (_match, path: string) => {
      const [kind, name = ""] = path.split(".");
      if (kind === "inputs") return inputs[name] ?? value(action.inputs[name]?.default ?? "");
      return context[path] ?? "";
    });
  const output = join(folder, `output-${Object.keys(inputs).length}-${inputs.version ?? "sha"}`);
  const env = Object.fromEntries(Object.entries(step.env ?? {}).map(([name, text]) => [name, value(text)]));
  const { code, printed } = await new Promise<{ code: number; printed: string }>((resolve) => {
    const options = {
      cwd: ROOT,
      env: {
        PATH: `${join(process.execPath, "..")}:/usr/bin:/bin`,
        ...env,
        GITHUB_OUTPUT: output,
        GITHUB_STEP_SUMMARY: `${output}.md`,
      },
    };
    execFile("bash", ["-e", "-c", step.run ?? ""], options, (error, stdout, stderr) =>
      resolve({
        code: typeof error?.code === "number" ? error.code : error === null ? 0 : 1,
        printed: `${stdout}${stderr}`,
      }),
    );
  });
  const written = await readFile(output, "utf8").catch(() => "");
  const outputs = Object.fromEntries(
    written.split("\n").map((line) => [line.split("=")[0], line.slice(line.indexOf("=") + 1)]),
  );
  return { code, printed, outputs, summary: await readFile(`${output}.md`, "utf8").catch(() => "") };
}

const place = () => ({ server: server.url, token, name: "acted", environment: "development" });
const program = { command: "node server.mjs" };

test("a push creates the deployment, the next one rolls its version out, and the runner is told how it ended", async () => {
  // The greeter's folder is named by a spec, as a workflow would keep one beside its code.
  const first = await deliver({ ...place(), file: "examples/greeter/version.yaml", version: "1.0.0" });
  expect(first.printed).toContain("acted 1.0.0 in development: completed");
  expect(first).toMatchObject({ code: 0, outputs: { phase: "completed", rollout: expect.stringMatching(/^rol_/) } });
  const next = await deliver({ ...place(), file: "examples/greeter/version.yaml", strategy: "immediate" });
  expect(next.printed).toContain("4b825dc642cb is rolled out to it");
  expect(next).toMatchObject({ code: 0, outputs: { phase: "completed" } });
  expect(next.summary).toContain("**acted** 4b825dc642cb in development: completed");
});

test("a version that does not exist fails the step and says what there is", async () => {
  const refused = await deliver({ ...place(), name: "nowhere", version: "9.9.9" });
  expect(refused.code).not.toBe(0);
  expect(refused.printed).toContain("artifact nowhere does not exist");
});

test("a version that fails fails the step", async () => {
  const failed = await deliver({ ...place(), name: "broken", version: "1", ...program });
  expect(failed.code).not.toBe(0);
  expect(failed.outputs.phase).toBe("failed");
});

test("the documented workflow hands over inputs that exist, and all that are required", () => {
  const guide = readFileSync(join(ROOT, "docs/guides/ci.md"), "utf8");
  const [, text = ""] = /```yaml workflow\n([\s\S]*?)```/.exec(guide) ?? [];
  const steps = Object.values(workflowSchema.parse(parse(text)).jobs).flatMap((job) => job.steps);
  const given = steps.find(({ uses }) => uses?.includes("sluice"))?.with ?? {};
  expect(Object.keys(action.inputs)).toEqual(expect.arrayContaining(Object.keys(given)));
  const required = Object.entries(action.inputs).flatMap(([name, input]) => (input.required ? [name] : []));
  expect(Object.keys(given)).toEqual(expect.arrayContaining(required));
});
