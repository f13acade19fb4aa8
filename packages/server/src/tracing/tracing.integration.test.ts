import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Server, ServerCredentials } from "@grpc/grpc-js";
import { expect, onTestFinished, test } from "vitest";
import { reflectingClient } from "../grpc/testing/reflecting.client.ts";
import { type ServerProcess, serverProcess } from "../testing/server.process.ts";

const TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736";

/** A real server that sends its traces to the endpoint. */
async function traced(endpoint: string, settings: Record<string, string> = {}): Promise<ServerProcess> {
  const dataDir = await mkdtemp(join(tmpdir(), "sluice-traces-"));
  const server = await serverProcess(dataDir, { SLUICE_OTLP_ENDPOINT: endpoint, ...settings });
  onTestFinished(async () => {
    await server.down();
    await rm(dataDir, { recursive: true, force: true });
  });
  await server.start();
  return server;
}

/** Something of each kind that is traced. */
async function doSomething(server: ServerProcess): Promise<void> {
  await server.call("POST", "/v1/artifacts", { name: "traced", kind: "prompt" });
  await server.call("POST", "/v1/artifacts/traced/versions", { version: "1", spec: { text: "Hello." } });
  await fetch(`${server.url}/v1/artifacts`, { headers: { traceparent: `00-${TRACE_ID}-00f067aa0ba902b7-01` } });
  const client = await reflectingClient(server.grpcAddress);
  const request = { prompt_id: "traced", to_version: 1, environment: "development", skip_approval: true };
  await client.call("delos.deploy.v1.DeployService/CreateDeployment", request);
  client.close();
}

/** Names stand in OTLP's messages as they are; a trace's id as its bytes. */
const SEEN = [
  "POST /v1/artifacts",
  "delos.deploy.v1.DeployService/CreateDeployment",
  "reconcile",
  Buffer.from(TRACE_ID, "hex"),
];

test("sends spans of HTTP requests, gRPC calls and reconciles to a receiver, by HTTP, in the caller's trace", async () => {
  const bodies: Buffer[] = [];
  const paths = new Set<string | undefined>();
  const receiver = createServer((request, response) => {
    paths.add(request.url);
    request.on("data", (chunk: Buffer) => bodies.push(chunk));
    request.on("end", () => response.writeHead(200, { "content-type": "application/x-protobuf" }).end());
  });
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void receiver.close());
  const { port } = receiver.address() as AddressInfo;

  await doSomething(await traced(`http://127.0.0.1:${port}`));
  for (const sign of SEEN) await expect.poll(() => Buffer.concat(bodies).includes(sign)).toBe(true);
  expect([...paths]).toEqual(["/v1/traces"]);
});

test("sends them by gRPC, under the variables of the deploy service too", async () => {
  const bodies: Buffer[] = [];
  const receiver = new Server();
  const raw = (bytes: Buffer): Buffer => bytes;
  const definition = {
    Export: {
      path: "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
      requestStream: false,
      responseStream: false,
      ...{ requestSerialize: raw, requestDeserialize: raw, responseSerialize: raw, responseDeserialize: raw },
    },
  };
  receiver.addService(definition, {
    Export: (call: { request: Buffer }, answer: (error: null, bytes: Buffer) => void) => {
      bodies.push(call.request);
      answer(null, Buffer.alloc(0));
    },
  });
  const port = await new Promise<number>((resolve, reject) => {
    const credentials = ServerCredentials.createInsecure();
    receiver.bindAsync("127.0.0.1:0", credentials, (error, bound) => (error ? reject(error) : resolve(bound)));
  });
  onTestFinished(() => receiver.forceShutdown());

  const variables = { DELOS_OBSERVE_ENDPOINT: `127.0.0.1:${port}`, DELOS_TRACING_ENABLED: "true" };
  await doSomething(await traced("", variables));
  for (const sign of SEEN) await expect.poll(() => Buffer.concat(bodies).includes(sign)).toBe(true);
});

test("goes on where nobody receives", async () => {
  const server = await traced("http://127.0.0.1:9");
  await doSomething(server);
  expect(await server.call("GET", "/readyz")).toMatchObject({ ready: true });
});
