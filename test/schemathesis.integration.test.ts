import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ServerProcess, serverProcess } from "../packages/server/src/testing/server.process.ts";
import { pythonEnvironment } from "./python.environment.ts";

const run = promisify(execFile);
const SETTINGS = fileURLToPath(new URL("schemathesis.toml", import.meta.url));
const WITHIN_MS = 900_000;

/** Requests of an operation. `FUZZ_EXAMPLES=500`, and other seeds, look for more. */
const { FUZZ_EXAMPLES: examples = "3", FUZZ_SEED: seed = "20261121" } = process.env;

const CHECKS = [
  "not_a_server_error",
  "status_code_conformance",
  "content_type_conformance",
  "response_schema_conformance",
];

/** Their answers have no end where they are asked to follow, so that nothing could be checked. */
const STREAMS = [
  "listEvents",
  "listRolloutEvents",
  "listWorkflowRunEvents",
  "readLogs",
  "readWorkflowLogs",
  "readJobLogs",
];

const python = await pythonEnvironment("schemathesis", ["schemathesis==4.32.5"]);
const skipped = "missing" in python;
if (skipped) console.warn(`schemathesis is left out: ${python.missing}`);

let server: ServerProcess;
let dataDir: string;
beforeAll(async () => {
  if (skipped) return;
  dataDir = await mkdtemp(join(tmpdir(), "sluice-schemathesis-"));
  server = await serverProcess(dataDir);
  await server.start();
});
afterAll(async () => {
  if (skipped) return;
  await server.kill();
  await server.down();
  await rm(dataDir, { recursive: true, force: true });
});

test.skipIf(skipped)(
  "schemathesis finds no 500, and no answer that the OpenAPI document does not describe",
  { timeout: WITHIN_MS },
  async () => {
    if (skipped) return;
    const options = [
      ...["--seed", seed, "--max-examples", examples, "--phases", "examples,fuzzing", "--checks", CHECKS.join()],
      ...["--no-shrink", "--suppress-health-check", "all", "--continue-on-failure", "--warnings", "off"],
      ...["--request-timeout", "60", "--workers", "2"],
      ...STREAMS.flatMap((name) => ["--exclude-operation-id", name]),
    ];
    const { stdout } = await run(
      join(python.bin, "schemathesis"),
      ["--config-file", SETTINGS, "run", `${server.url}/openapi.json`, ...options],
      { cwd: dataDir, maxBuffer: 64 * 1_048_576 },
    ).catch((error: { stdout?: string; message: string }) => {
      throw new Error(error.stdout ?? error.message);
    });
    const [, tested = "0"] = /Tested: (\d+)/.exec(stdout) ?? [];
    expect(Number(tested), stdout).toBeGreaterThan(150);
    expect(server.alive).toBe(true);
  },
);
