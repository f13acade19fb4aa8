import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { serverProcess } from "../../../testing/server.process.ts";
import { upload } from "../testing/models.fixture.ts";

test("a deployment that does not serve in time leaves nothing behind, and what made it ready ends with the server", async () => {
  const folder = await mkdtemp(join(tmpdir(), "sluice-settle-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  const python = join(folder, "python-that-hangs");
  const pidFile = join(folder, "pid");
  await writeFile(python, `#!/bin/sh\necho $$ > ${pidFile}\nexec sleep 600\n`);
  await chmod(python, 0o755);
  const server = await serverProcess(join(folder, "data"), { SLUICE_PYTHON: python, SLUICE_MODEL_DEPLOY_SECONDS: "3" });
  onTestFinished(() => server.down());
  await server.start();
  await server.call("POST", "/api/v1/models", { name: "slow" });
  await server.call("POST", "/api/v1/models/1/versions", {});
  await upload(server.url, 1, [["file", { name: "model.joblib", content: "never read" }]]);

  const answer = await fetch(`${server.url}/api/v1/versions/1/deployments`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ replicas: 1 }),
  });
  expect(answer.status).toBe(504);
  expect(await answer.json()).toMatchObject({
    code: "deadline_exceeded",
    detail: expect.stringContaining("did not serve within 3 s, and nothing of it was kept"),
  });
  expect(await server.call("GET", "/api/v1/deployments")).toEqual({ items: [], nextCursor: null });
  await expect.poll(() => server.call("GET", "/v1/deployments")).toMatchObject({ items: [] });

  const pid = Number(await readFile(pidFile, "utf8"));
  expect(isAlive(pid)).toBe(true);
  await server.down();
  await expect.poll(() => isAlive(pid)).toBe(false);
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
