import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Server } from "node:net";
import { fileURLToPath } from "node:url";
import { Server as GrpcServer, ServerCredentials, type ServiceDefinition } from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import type { Dependency, ValidationResult } from "@sluice/core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type TestDatabase, testDatabase } from "../../testing/database.ts";
import { probeDependency } from "./dependency.probe.ts";
import { type CandidateFixture, candidateFixture, config } from "./testing/candidate.fixture.ts";

let database: TestDatabase;
let fixture: CandidateFixture;
beforeAll(async () => {
  database = await testDatabase(2);
});
afterAll(() => database.close());
beforeEach(async () => {
  fixture = await candidateFixture(database);
});
const opened: Server[] = [];
afterEach(async () => {
  await fixture.close();
  for (const server of opened.splice(0)) server.close();
});

const addressOf = (server: Server): string => `127.0.0.1:${(server.address() as AddressInfo).port}`;

async function listening<S extends Server>(server: S): Promise<S> {
  opened.push(server);
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return server;
}

/** A port of this machine on which nothing listens. */
async function freeAddress(): Promise<string> {
  const server = await listening(createTcpServer());
  const address = addressOf(server);
  await new Promise((done) => server.close(done));
  return address;
}

const ask = (dependency: Partial<Dependency>) =>
  probeDependency({ name: "x", type: "tcp", address: "", required: true, timeoutSeconds: 5, ...dependency });

describe("a dependency by HTTP", () => {
  test("is well from 200 to 399 at its path, and redirections are not followed", async () => {
    const paths: string[] = [];
    const server = createHttpServer((request, response) => {
      paths.push(request.url ?? "");
      response.writeHead(Number(request.url?.slice(1)), { location: "/204" }).end("body");
    });
    const address = addressOf(await listening(server));
    expect(await ask({ type: "http", address, path: "/204" })).toMatchObject({ ok: true, seen: "answered 204" });
    expect(await ask({ type: "http", address: `http://${address}/`, path: "/302" })).toMatchObject({ ok: true });
    expect(await ask({ type: "http", address, path: "/404" })).toMatchObject({ ok: false, seen: "answered 404" });
    expect(await ask({ type: "http", address, path: "/503" })).toMatchObject({ ok: false, seen: "answered 503" });
    expect(paths).toEqual(["/204", "/302", "/404", "/503"]);
  });

  test("that never answers, or answers without end, costs its timeout or nothing", async () => {
    const mute = addressOf(await listening(createTcpServer((socket) => socket.on("error", () => undefined))));
    expect(await ask({ type: "http", address: mute, timeoutSeconds: 0.2 })).toMatchObject({
      ok: false,
      seen: "did not answer within 0.2 s",
    });
    const endless = createHttpServer((_, response) => {
      const chunk = Buffer.alloc(65_536);
      const more = (): void => {
        while (!response.destroyed && response.write(chunk));
      };
      response.on("drain", more);
      more();
    });
    const address = addressOf(await listening(endless));
    expect(await ask({ type: "http", address })).toMatchObject({ ok: true, seen: "answered 200" });
  });
});

describe("a dependency by TCP", () => {
  test("is well when it accepts a connection", async () => {
    const address = addressOf(await listening(createTcpServer((socket) => socket.end())));
    expect(await ask({ address })).toMatchObject({ ok: true, seen: "accepted a connection" });
    // No whole number of milliseconds.
    expect(await ask({ address, timeoutSeconds: 5.0001 })).toMatchObject({ ok: true });
  });

  test("is not when nobody listens, and says so", async () => {
    const answer = await ask({ address: await freeAddress() });
    expect(answer).toMatchObject({ ok: false, seen: expect.stringMatching(/^could not be reached: .*ECONNREFUSED/) });
  });

  test("is given up when the validation ends", async () => {
    const ended = AbortSignal.abort();
    const dependency = {
      name: "x",
      type: "tcp",
      address: await freeAddress(),
      required: true,
      timeoutSeconds: 5,
    } as const;
    expect(await probeDependency(dependency, ended)).toMatchObject({
      ok: false,
      seen: "was not waited for: the validation was ended",
    });
  });
});

describe("a dependency by gRPC", () => {
  let server: GrpcServer;
  let address: string;

  beforeAll(async () => {
    // The published protocol, so that our two messages are read by somebody else's code.
    const protocol = loadSync(fileURLToPath(new URL("testing/health.proto", import.meta.url)), { defaults: true });
    const definition = protocol["grpc.health.v1.Health"] as ServiceDefinition;
    server = new GrpcServer();
    server.addService(definition, {
      Check(call: { request: { service: string } }, answer: (error: object | null, value?: object) => void) {
        const { service } = call.request;
        if (service === "a.stranger") answer({ code: 5, details: "unknown service" });
        else answer(null, { status: service === "" || service.length > 200 ? "SERVING" : "NOT_SERVING" });
      },
    });
    const port = await new Promise<number>((resolve, reject) => {
      server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
        error === null ? resolve(bound) : reject(error),
      );
    });
    address = `127.0.0.1:${port}`;
  });
  afterAll(() => server.forceShutdown());

  test("is well when it says that it is serving, and is asked for the service that was named", async () => {
    expect(await ask({ type: "grpc", address })).toMatchObject({ ok: true, seen: "is SERVING" });
    expect(await ask({ type: "grpc", address, service: "s".repeat(201) })).toMatchObject({ ok: true });
    expect(await ask({ type: "grpc", address, service: "models" })).toMatchObject({
      ok: false,
      seen: "is NOT_SERVING",
    });
    expect(await ask({ type: "grpc", address, service: "a.stranger" })).toMatchObject({
      ok: false,
      seen: "could not be reached: it does not know the service",
    });
  });

  test("is not when it speaks something else, or is not there", async () => {
    const http = addressOf(await listening(createHttpServer((_, response) => response.end("hello"))));
    expect(await ask({ type: "grpc", address: http, timeoutSeconds: 2 })).toMatchObject({ ok: false });
    expect(await ask({ type: "grpc", address: await freeAddress() })).toMatchObject({
      ok: false,
      seen: expect.stringMatching(/^could not be reached: UNAVAILABLE/),
    });
  });
});

describe("the checks of a candidate's dependencies", () => {
  const results = async (dependencies: object[]): Promise<ValidationResult[]> =>
    (await fixture.run(config({ dependencies }))).filter(({ type }) => type === "dependency");

  test("are one for each, grave for those that are required and light for the others", async () => {
    const up = addressOf(await listening(createTcpServer((socket) => socket.end())));
    const down = await freeAddress();
    const found = await results([
      { name: "db", type: "tcp", address: up },
      { name: "cache", type: "tcp", address: down, required: false },
      { name: "orders", type: "http", address: down, path: "/healthz" },
    ]);
    expect(found.map(({ name, severity, passed }) => [name, severity, passed])).toEqual([
      ["dependency:db", "high", true],
      ["dependency:cache", "low", false],
      ["dependency:orders", "high", false],
    ]);
    expect(found[0]?.message).toBe(`dependency db (tcp ${up}) accepted a connection`);
    expect(found[2]?.message).toMatch(
      /^dependency orders \(http 127\.0\.0\.1:\d+\/healthz\) could not be reached: .*; one attempt, which passes with an answer from 200 to 399$/,
    );
  });

  test("are asked at once: each of them hears of the next before it answers", async () => {
    const waiting: (() => void)[] = [];
    const server = createHttpServer((_, response) => {
      waiting.push(() => response.end());
      // Nobody is answered until all three have asked.
      if (waiting.length === 3) for (const answer of waiting) answer();
    });
    const address = addressOf(await listening(server));
    const found = await results(["a", "b", "c"].map((name) => ({ name, type: "http", address, timeoutSeconds: 10 })));
    expect(found.map(({ passed }) => passed)).toEqual([true, true, true]);
  });
});
