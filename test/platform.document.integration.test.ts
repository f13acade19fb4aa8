import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ServerProcess, serverProcess } from "../packages/server/src/testing/server.process.ts";

/** What the platform's document prints of a deployment, against a fresh server. Its example programs are tested beside this. */

let server: ServerProcess;
let dataDir: string;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "sluice-platform-"));
  server = await serverProcess(dataDir);
  await server.start();
  await server.call("POST", "/v1/artifacts", { name: "greeter", kind: "application" });
  const spec = { command: ["node", "server.mjs"], workdir: "examples/greeter" };
  for (const version of ["1.0.0", "1.1.0"])
    await server.call("POST", "/v1/artifacts/greeter/versions", { version, spec });
});

afterAll(async () => {
  await server.kill();
  await server.down();
  await rm(dataDir, { recursive: true, force: true });
});

interface Printed {
  status: string;
  activeRollout: string | null;
}

const read = () => server.call<Printed>("GET", "/v1/deployments/greeter?environment=production");

async function until(status: string): Promise<Printed> {
  await expect.poll(async () => (await read()).status).toBe(status);
  return read();
}

test("every field of the printed interface is there, of its type, and its states have their names", async () => {
  const { deployment } = await server.call<{ deployment: Printed }>("POST", "/v1/deployments", {
    name: "greeter",
    artifact: "greeter",
    version: "1.0.0",
    environment: "production",
    config: {
      replicas: 1,
      resources: { limits: { cpu: "500m", memory: "512Mi", gpu: "0" } },
      scaling: { min: 1, max: 3, targetCpu: 70, targetMemory: 80 },
      healthCheck: { path: "/healthz", intervalSeconds: 0.2, timeoutSeconds: 1, retries: 3 },
    },
    route: { path: "/greeter" },
    labels: { team: "search" },
  });
  expect(deployment.status).toBe("deploying");
  expect(await until("running")).toMatchObject({
    id: expect.stringMatching(/^dep_/),
    name: "greeter",
    kind: "application",
    version: "1.0.0",
    environment: "production",
    replicas: 1,
    config: {
      resources: { limits: { cpu: "500m", memory: "512Mi", gpu: "0" } },
      scaling: { min: 1, max: 3, targetCpu: 70, targetMemory: 80 },
      healthCheck: { path: "/healthz", intervalSeconds: 0.2, timeoutSeconds: 1, retries: 3 },
    },
    endpoints: {
      internal: expect.stringContaining("http"),
      external: expect.stringContaining("/greeter"),
      monitoring: expect.stringContaining("/metrics"),
      logs: expect.stringContaining("/logs"),
    },
    createdAt: expect.stringMatching(/Z$/),
    updatedAt: expect.stringMatching(/Z$/),
    deployedBy: expect.any(String),
    project: "default",
    labels: { team: "search" },
  });
  const where = "/v1/deployments/greeter";
  await server.call("PATCH", `${where}?environment=production`, {
    version: "1.1.0",
    strategy: { type: "canary", steps: [{ setWeight: 5 }, { wait: { approval: true } }] },
  });
  await until("updating");
  const rollout = `/v1/rollouts/${(await read()).activeRollout}`;
  await expect.poll(async () => (await server.call<{ phase: string }>("GET", rollout)).phase).toBe("shifting");
  await server.call("POST", `${rollout}/rollback`, {});
  await until("running");
  await server.call("POST", `${where}/stop?environment=production`);
  await until("stopped");
});

test("a deployment whose first rollout came to nothing has the status failed", async () => {
  await server.call("POST", "/v1/artifacts", { name: "imaged", kind: "application" });
  await server.call("POST", "/v1/artifacts/imaged/versions", {
    version: "1.0.0",
    spec: { image: "registry.example/i:1" },
  });
  const imaged = { name: "imaged", artifact: "imaged", version: "1.0.0", environment: "staging" };
  await server.call("POST", "/v1/deployments", { ...imaged, config: { replicas: 1 } });
  const status = async () => (await server.call<Printed>("GET", "/v1/deployments/imaged?environment=staging")).status;
  await expect.poll(status).toBe("failed");
});

test("a deployment is scaled by hand within its bounds", async () => {
  const where = "/v1/deployments/greeter";
  await server.call("POST", `${where}/start?environment=production`);
  await until("running");
  await server.call("POST", `${where}/scale?environment=production`, { replicas: 2 });
  await expect
    .poll(async () => (await server.call<{ replicas: number }>("GET", `${where}?environment=production`)).replicas)
    .toBe(2);
  await expect(server.call("POST", `${where}/scale?environment=production`, { replicas: 4 })).rejects.toThrow("1 to 3");
});
