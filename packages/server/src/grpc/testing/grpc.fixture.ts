import type { ChannelCredentials } from "@grpc/grpc-js";
import pino from "pino";
import { readConfig } from "../../config.ts";
import { createMetrics } from "../../http/metrics.ts";
import type { ReadinessCheck } from "../../http/readiness.ts";
import { type TestApp, testApp } from "../../testing/app.ts";
import { startGrpc } from "../grpc.server.ts";
import { type Options, type ReflectingClient, reflectingClient } from "./reflecting.client.ts";

/** gRPC on a free port, on a database of its own. There is no engine: rollouts stay where they begin. */
export interface TestGrpc extends ReflectingClient {
  api: TestApp;
  address: string;
  /** A method of `delos.deploy.v1.DeployService`. */
  delos(method: string, request: object, options?: Options): ReturnType<ReflectingClient["call"]>;
  /** Everything that the server has logged. */
  logged(): string;
  shutDown(): Promise<void>;
}

interface Settings {
  auth?: boolean;
  readiness?: Readonly<Record<string, ReadinessCheck>>;
  environment?: Record<string, string>;
  /** How the test's own client connects. */
  channel?: ChannelCredentials;
}

export async function testGrpc({
  auth = false,
  readiness = {},
  environment = {},
  channel,
}: Settings = {}): Promise<TestGrpc> {
  const api = await testApp({ auth });
  const config = { ...readConfig({ SLUICE_GRPC_PORT: "0", SLUICE_RATE_LIMIT: "1000000", ...environment }), auth };
  const lines: string[] = [];
  const server = await startGrpc({
    config,
    services: api.services,
    db: api.database.db,
    metrics: createMetrics(api.database.db),
    readiness,
    logger: pino({ level: "info" }, { write: (line: string) => void lines.push(line) }),
  });
  const client = await reflectingClient(server.address, channel === undefined ? {} : { channel });
  return {
    ...client,
    api,
    address: server.address,
    delos: (method, request, options) => client.call(`delos.deploy.v1.DeployService/${method}`, request, options),
    logged: () => lines.join(""),
    async shutDown() {
      client.close();
      await server.close();
      await api.close();
    },
  };
}
