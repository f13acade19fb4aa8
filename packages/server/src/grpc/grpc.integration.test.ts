import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { credentials } from "@grpc/grpc-js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkGrpcHealth } from "../engine/checks/grpc.health.ts";
import { credentialsOf } from "./credentials.ts";
import { type TestGrpc, testGrpc } from "./testing/grpc.fixture.ts";
import { GrpcFailure, reflectingClient } from "./testing/reflecting.client.ts";

const DEPLOY = "delos.deploy.v1.DeployService";

let open: TestGrpc;
beforeAll(async () => {
  open = await testGrpc();
});
afterAll(() => open.shutDown());

const failure = async (call: Promise<unknown>): Promise<GrpcFailure> => {
  const error = await call.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (error instanceof GrpcFailure) return error;
  throw new Error("the call did not fail", { cause: error });
};

describe("reflection", () => {
  test("tells a client that knows the address alone of every service, method and field", async () => {
    expect(open.services.sort()).toEqual([DEPLOY, "grpc.health.v1.Health"]);
    expect(await open.delos("Health", {})).toMatchObject({ status: "SERVING", version: "0.1.0" });
  });

  test("tells what the details of errors are made of, so that clients show them", async () => {
    for (const name of ["ErrorInfo", "BadRequest", "RequestInfo"]) {
      expect((await open.fileOf(`google.rpc.${name}`)).messageType).toContainEqual(expect.objectContaining({ name }));
    }
    await expect(open.fileOf("google.rpc.DebugInfo")).rejects.toThrow();
  });

  test("answers the older version of its protocol as well", async () => {
    const older = await reflectingClient(open.address, { version: "v1alpha" });
    expect(await older.call(`${DEPLOY}/Health`, {})).toMatchObject({ status: "SERVING" });
    older.close();
  });
});

describe("the standard health service", () => {
  test("speaks for the server and for each service, and knows no other", async () => {
    const ask = (service: string) =>
      checkGrpcHealth({ target: open.address, tls: false, service }, AbortSignal.timeout(5_000));
    expect(await ask("")).toBe("SERVING");
    expect(await ask(DEPLOY)).toBe("SERVING");
    await expect(ask("nobody.Knows")).rejects.toThrow("does not know the service");
  });

  test("says NOT_SERVING where a part that is needed does not answer, and so does the service's own", async () => {
    const readiness = {
      gateway: async () => {
        throw new Error("away");
      },
    };
    const broken = await testGrpc({ readiness });
    try {
      const question = { target: broken.address, tls: false, service: "" };
      expect(await checkGrpcHealth(question, AbortSignal.timeout(5_000))).toBe("NOT_SERVING");
      expect(await broken.delos("Health", {})).toMatchObject({
        status: "NOT_SERVING",
        checks: { database: "ok", gateway: "failed" },
      });
    } finally {
      await broken.shutDown();
    }
  });
});

describe("who calls", () => {
  let closed: TestGrpc;
  const tokens = new Map<string, string>();
  beforeAll(async () => {
    closed = await testGrpc({ auth: true });
    const { tokens: service } = closed.api.services;
    const admin = { name: "root", role: "admin" as const, project: null, environment: null };
    for (const role of ["viewer", "deployer", "approver", "admin"] as const) {
      const { secret } = await service.create(admin, { name: role, role, environment: null, expiresAt: null });
      tokens.set(role, secret);
    }
  });
  afterAll(() => closed.shutDown());
  const as = (role: string) => ({ token: tokens.get(role) ?? "" });

  test("shows a token where authentication is on, and is told what its role may not do", async () => {
    expect((await failure(closed.delos("ListDeployments", {}))).code).toBe("UNAUTHENTICATED");
    expect((await failure(closed.delos("ListDeployments", {}, { token: "slu_unknown" }))).message).toBe(
      "the token is not known",
    );
    expect(await closed.delos("ListDeployments", {}, as("viewer"))).toMatchObject({ deployments: [] });
    const request = { prompt_id: "p", to_version: 1, environment: "production" };
    const refused = await failure(closed.delos("CreateDeployment", request, as("viewer")));
    expect([refused.code, refused.reason]).toEqual(["PERMISSION_DENIED", "PERMISSION_DENIED"]);
    expect(refused.message).toContain("deployment.write needs the role deployer");
  });

  test("may ask for health without one", async () => {
    expect(await closed.delos("Health", {})).toMatchObject({ status: "SERVING" });
  });

  test("is an owner of a token also where nobody has to show one, and a wrong token is refused there too", async () => {
    expect((await failure(open.delos("ListDeployments", {}, { token: "slu_wrong" }))).code).toBe("UNAUTHENTICATED");
  });

  test("must name an address of this machine where nobody shows a token", async () => {
    const stranger = await failure(open.delos("ListDeployments", {}, { authority: "evil.example:9005" }));
    expect(stranger.code).toBe("PERMISSION_DENIED");
    expect(stranger.message).toContain("only this machine's own programs may ask");
  });

  test("is stopped after too many wrong tokens from one address", async () => {
    const other = await testGrpc({ auth: true });
    try {
      const codes: string[] = [];
      for (let attempt = 0; attempt < 32; attempt += 1) {
        codes.push((await failure(other.delos("ListDeployments", {}, { token: "slu_guess" }))).code);
      }
      expect(codes[0]).toBe("UNAUTHENTICATED");
      expect(codes.at(-1)).toBe("RESOURCE_EXHAUSTED");
    } finally {
      await other.shutDown();
    }
  });

  test("asks so often as the limit for each caller says", async () => {
    const slow = await testGrpc({ environment: { SLUICE_RATE_LIMIT: "2" } });
    try {
      await slow.delos("ListDeployments", {});
      await slow.delos("ListDeployments", {});
      expect((await failure(slow.delos("ListDeployments", {}))).message).toContain("more than 2 calls in a minute");
    } finally {
      await slow.shutDown();
    }
  });
});

describe("errors", () => {
  test("name the code in words and the call's id, and every bad field with what is allowed", async () => {
    const error = await failure(open.delos("CreateDeployment", { prompt_id: "No Name", to_version: -1 }));
    expect(error).toMatchObject({ code: "INVALID_ARGUMENT", reason: "INVALID_ARGUMENT" });
    expect(error.requestId).toMatch(/^[0-9a-f-]{36}$/);
    expect(error.violations.map(({ field }) => field)).toEqual(["prompt_id", "to_version"]);
    expect(error.violations[1]?.description).toContain("-1; allowed: at least 1");
  });

  test("that nobody foresaw are INTERNAL, with an id that the log has and no words of ours", async () => {
    const { rollouts } = open.api.services;
    const list = rollouts.list;
    rollouts.list = async () => {
      throw new TypeError("secret inside");
    };
    try {
      const error = await failure(open.delos("ListDeployments", {}));
      expect(error).toMatchObject({ code: "INTERNAL", reason: "INTERNAL" });
      expect(error.message).not.toContain("secret inside");
      expect(open.logged()).toContain(error.requestId ?? "no id");
    } finally {
      rollouts.list = list;
    }
  });

  test("tell bytes that are no such message from a mistake of the server", async () => {
    const error = await failure(open.callRaw(`${DEPLOY}/GetDeployment`, Buffer.from([0x0f, 0xff])));
    expect(error.code).toBe("INVALID_ARGUMENT");
    expect(error.message).toContain("is not the message that");
  });

  test("refuse a message above the size limit", async () => {
    const comment = "x".repeat(2_000_000);
    expect((await failure(open.delos("ApproveDeployment", { id: "rol_1", comment }))).code).toBe("RESOURCE_EXHAUSTED");
  });

  test("are UNIMPLEMENTED for a method that does not exist", async () => {
    const other = await reflectingClient(open.address);
    await expect(Promise.resolve().then(() => other.call(`${DEPLOY}/Delete`, {}))).rejects.toThrow("knows no");
    other.close();
  });
});

describe("TLS", () => {
  let folder: string;
  let tls: { cert: string; key: string };
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "sluice-tls-"));
    tls = { cert: join(folder, "cert.pem"), key: join(folder, "key.pem") };
    const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];
    const out = ["-keyout", tls.key, "-out", tls.cert, "-days", "2"];
    await promisify(execFile)("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes", ...out, ...subject]);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test("is what a server with a certificate speaks, and nothing else", async () => {
    const environment = { SLUICE_GRPC_TLS_CERT: tls.cert, SLUICE_GRPC_TLS_KEY: tls.key };
    const channel = credentials.createSsl(await readFile(tls.cert));
    const server = await testGrpc({ environment, channel });
    try {
      expect(await server.delos("Health", {})).toMatchObject({ status: "SERVING" });
      await expect(reflectingClient(server.address)).rejects.toThrow("UNAVAILABLE");
    } finally {
      await server.shutDown();
    }
  });

  test("asks callers for a certificate of the authority that is given", async () => {
    const files = { SLUICE_GRPC_TLS_CERT: tls.cert, SLUICE_GRPC_TLS_KEY: tls.key, SLUICE_GRPC_TLS_CLIENT_CA: tls.cert };
    const [cert, key] = [await readFile(tls.cert), await readFile(tls.key)];
    const server = await testGrpc({ environment: files, channel: credentials.createSsl(cert, key, cert) });
    try {
      expect(await server.delos("Health", {})).toMatchObject({ status: "SERVING" });
      const channel = credentials.createSsl(cert);
      await expect(reflectingClient(server.address, { channel })).rejects.toThrow("UNAVAILABLE");
    } finally {
      await server.shutDown();
    }
  });

  test("names the variable of a file that cannot be read", async () => {
    const missing = { certificate: join(folder, "none.pem"), key: tls.key, clientCa: null };
    await expect(credentialsOf(missing)).rejects.toThrow(/^SLUICE_GRPC_TLS_CERT is .*none\.pem, which cannot be read$/);
    const wrong = { certificate: tls.key, key: tls.key, clientCa: null };
    await expect(credentialsOf(wrong)).rejects.toThrow("are no certificate and its key in PEM");
  });
});
