import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, vi } from "vitest";
import {
  type Answer,
  type Options,
  type ReflectingClient,
  reflectingClient,
} from "../../../../grpc/testing/reflecting.client.ts";
import { type ServerProcess, serverProcess } from "../../../../testing/server.process.ts";

/** A real server, and a client that has learnt of its services by reflection. */
export interface Delos {
  server: ServerProcess;
  /** A method of `delos.deploy.v1.DeployService`. */
  call(method: string, request: object, options?: Options): Promise<Answer>;
  /** Registers versions `1` to `versions` of a prompt. */
  prompt(name: string, versions: number): Promise<void>;
  /** Delivers a version at once, asking nobody; answers when it serves. */
  serve(prompt: string, version: number, environment?: string): Promise<Answer>;
  /** The deployment as soon as it has this status. */
  until(id: string, status: string): Promise<Answer>;
  evaluate(prompt: string, version: number, dataset: string, metrics: Record<string, number>): Promise<void>;
  /** Kills the server as `kill -9` does, and starts it again. */
  crash(): Promise<void>;
  close(): Promise<void>;
}

/** Milliseconds that a test waits for a status. */
const WITHIN_MS = 60_000;

export async function startDelos(): Promise<Delos> {
  const dataDir = await mkdtemp(join(tmpdir(), "sluice-delos-"));
  const server = await serverProcess(dataDir);
  await server.start();
  let client: ReflectingClient = await reflectingClient(server.grpcAddress);
  const call: Delos["call"] = (method, request, options) =>
    client.call(`delos.deploy.v1.DeployService/${method}`, request, options);
  const get = async (id: string): Promise<Answer> => (await call("GetDeployment", { id })).deployment;
  const until: Delos["until"] = async (id, status) => {
    const check = async (): Promise<Answer> => {
      const deployment = await get(id);
      expect(deployment).toMatchObject({ status });
      return deployment;
    };
    return vi.waitFor(check, { timeout: WITHIN_MS, interval: 100 });
  };
  return {
    server,
    call,
    until,
    async prompt(name, versions) {
      await server.call("POST", "/v1/artifacts", { name, kind: "prompt" });
      for (let version = 1; version <= versions; version += 1) {
        const spec = { text: `Answer politely, in the manner of version ${version}.` };
        await server.call("POST", `/v1/artifacts/${name}/versions`, { version: String(version), spec });
      }
    },
    async serve(prompt_id, to_version, environment = "production") {
      const strategy = { type: "DEPLOYMENT_TYPE_IMMEDIATE" };
      const request = { prompt_id, to_version, environment, strategy, skip_approval: true };
      const { deployment } = await call("CreateDeployment", request);
      return until(deployment.id, "COMPLETED");
    },
    async evaluate(artifact, version, dataset, metrics) {
      const body = { artifact, version: String(version), dataset, metrics, sampleCount: 100, source: "test" };
      await server.call("POST", "/v1/evaluations", body);
    },
    async crash() {
      client.close();
      await server.kill();
      await server.start();
      client = await reflectingClient(server.grpcAddress);
    },
    async close() {
      client.close();
      await server.down();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
