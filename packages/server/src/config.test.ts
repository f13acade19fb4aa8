import { describe, expect, test } from "vitest";
import { ConfigError, readConfig } from "./config.ts";

const problem = (environment: Record<string, string>): string => {
  try {
    readConfig(environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return "";
};

describe("the configuration", () => {
  test("needs nothing: loopback, the embedded database, no authentication", () => {
    expect(readConfig({ HOME: "/root" })).toMatchObject({
      bind: "127.0.0.1",
      httpPort: 8303,
      grpcPort: 9005,
      gatewayPort: 30_080,
      auth: false,
      databaseUrl: null,
    });
  });

  test("lets one caller ask a hundred times a second, unless it is told otherwise", () => {
    expect(readConfig({}).rateLimit).toBe(6_000);
    expect(readConfig({ SLUICE_RATE_LIMIT: "60" }).rateLimit).toBe(60);
    expect(problem({ SLUICE_RATE_LIMIT: "0" })).toContain('SLUICE_RATE_LIMIT is "0"');
  });

  test("turns authentication on as soon as others can reach the server", () => {
    expect(readConfig({ SLUICE_BIND: "0.0.0.0" }).auth).toBe(true);
    expect(readConfig({ SLUICE_BIND: "::1" }).auth).toBe(false);
    expect(readConfig({ SLUICE_AUTH: "on" }).auth).toBe(true);
  });

  test("makes a database address from its parts, with what must be escaped escaped", () => {
    const { databaseUrl } = readConfig({ SLUICE_DB_HOST: "db.internal", SLUICE_DB_PASSWORD: "p@ss/word" });
    expect(databaseUrl).toBe("postgres://sluice:p%40ss%2Fword@db.internal:5432/sluice?sslmode=disable");
  });

  test("names every bad variable at once, with what it was and what is allowed", () => {
    const message = problem({ SLUICE_HTTP_PORT: "99999", SLUICE_BIND: "everywhere" });
    expect(message).toContain('SLUICE_HTTP_PORT is "99999"');
    expect(message).toContain("65535");
    expect(message).toContain('SLUICE_BIND is "everywhere"');
  });

  test("knows gateways that run by themselves, which want a token, and where callers reach them", () => {
    expect(readConfig({}).gateways).toBeNull();
    const given = { SLUICE_GATEWAYS: "http://10.0.0.5:30081", SLUICE_GATEWAY_TOKEN: "a-token-of-the-gateways" };
    expect(readConfig(given).gateways).toEqual({
      addresses: [{ url: "http://10.0.0.5:30081", resolves: false }],
      token: "a-token-of-the-gateways",
      ca: null,
      url: "http://10.0.0.5:30080",
    });
    expect(readConfig({ ...given, SLUICE_GATEWAY_URL: "https://shop.example.com/" }).gateways?.url).toBe(
      "https://shop.example.com",
    );
    expect(problem({ SLUICE_GATEWAYS: given.SLUICE_GATEWAYS })).toContain("SLUICE_GATEWAY_TOKEN is missing");
    expect(problem({ ...given, SLUICE_GATEWAYS: "gateway" })).toContain("dns+http://name:port");
    expect(problem({ ...given, SLUICE_GATEWAY_TOKEN: "hunter2" })).not.toContain("hunter2");
    expect(problem({ SLUICE_ADMIN_TOKEN: "hunter2" })).not.toContain("hunter2");
  });

  test("refuses a variable of ours that does not exist, as it is a slip of the pen", () => {
    expect(problem({ SLUICE_HTTP_PROT: "1" })).toContain("SLUICE_HTTP_PROT is not a variable of Sluice");
  });

  test("never shows a secret, even a wrong one", () => {
    expect(problem({ DATABASE_URL: "mysql://root:hunter2@db/x" })).not.toContain("hunter2");
  });

  test("knows an evaluation service by http or gRPC, and never shows its token or an address that may hold one", () => {
    expect(readConfig({}).evaluationService).toBeNull();
    const given = { SLUICE_EVAL_ADDRESS: "grpc://eval.internal:9000", SLUICE_EVAL_TOKEN: "hunter2" };
    expect(readConfig(given).evaluationService).toEqual({
      address: "grpc://eval.internal:9000",
      token: "hunter2",
      timeoutMs: 5_000,
    });
    const message = problem({ SLUICE_EVAL_ADDRESS: "ftp://me:hunter2@x", SLUICE_EVAL_TOKEN: "hunter2\n" });
    expect(message).toMatch(/SLUICE_EVAL_ADDRESS.*\n.*SLUICE_EVAL_TOKEN/);
    expect(message).not.toContain("hunter2");
    expect(problem({ SLUICE_EVAL_TIMEOUT_MS: "5" })).toContain('SLUICE_EVAL_TIMEOUT_MS is "5"');
  });

  test("treats an empty variable as absent", () => {
    expect(readConfig({ SLUICE_HTTP_PORT: "" }).httpPort).toBe(8303);
  });
});
