import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";

const guide = readFileSync("docs/guides/prompts-grpc.md", "utf8");
const commands = [...guide.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, block = ""]) =>
  block.split("\n").filter((line) => line !== ""),
);
const run = promisify(execFile);

test("the guide to prompts by gRPC works as it is printed", { timeout: 300_000 }, async ({ skip }) => {
  if ((await run("grpcurl", ["--version"]).catch(() => null)) === null) skip("grpcurl is not on the PATH");
  const folder = mkdtempSync(join(tmpdir(), "sluice-guide-grpc-"));
  const settings = `export SLUICE_DATA_DIR='${folder}/data' SLUICE_HTTP_PORT=0 SLUICE_GATEWAY_PORT=0 SLUICE_GRPC_PORT=0`;
  const shell = (command: string) => run("bash", ["-c", `${settings}; ${command}`]);
  onTestFinished(async () => {
    await shell("npx sluice down");
    rmSync(folder, { recursive: true, force: true });
  });
  await shell("npx sluice up");
  const { url, grpcAddress } = JSON.parse(readFileSync(join(folder, "data", "server.json"), "utf8"));
  expect(commands.length).toBeGreaterThan(10);
  let id = "";
  for (const command of commands) {
    const here = command.replaceAll("http://127.0.0.1:8303", url).replace("localhost:9005", grpcAddress);
    const { stdout } = await shell(here.replace("deployment-xyz", id));
    if (command.includes("CreateDeployment")) id = JSON.parse(stdout).deployment.id;
    // As a person does who looks whether it serves, or moves, before the next line.
    if (command.includes('skip_approval": true')) await reached("COMPLETED");
    if (command.includes("ApproveDeployment")) await reached("IN_PROGRESS");
    if (command.includes("RollbackDeployment")) expect(JSON.parse(stdout).deployment.status).toBe("ROLLED_BACK");
  }

  async function reached(status: string): Promise<void> {
    const get = `grpcurl -plaintext -d '{"id":"${id}"}' ${grpcAddress} delos.deploy.v1.DeployService/GetDeployment`;
    await expect.poll(async () => JSON.parse((await shell(get)).stdout).deployment.status).toBe(status);
  }
});
