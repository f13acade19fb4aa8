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

/** As the document of the deploy service prints them. */
const PRINTED = {
  DELOS_ENV: "development",
  DELOS_VERSION: "dev",
  DELOS_GRPC_PORT: "9005",
  DELOS_STORAGE_BACKEND: "memory",
  DELOS_DB_HOST: "localhost",
  DELOS_DB_PORT: "5432",
  DELOS_DB_USER: "delos",
  DELOS_DB_PASSWORD: "",
  DELOS_DB_NAME: "delos",
  DELOS_DB_SSLMODE: "disable",
  DELOS_REDIS_URL: "redis://localhost:6379",
  DELOS_OBSERVE_ENDPOINT: "localhost:9000",
  DELOS_LOG_LEVEL: "info",
  DELOS_LOG_FORMAT: "json",
  DELOS_TRACING_ENABLED: "true",
  DELOS_TRACING_SAMPLING: "1.0",
};

describe("variables of the deploy service for prompts", () => {
  test("are read as they are printed: every one has the effect it names", () => {
    expect(readConfig(PRINTED)).toMatchObject({
      defaultEnvironment: "development",
      version: "dev",
      grpcPort: 9005,
      databaseUrl: null,
      logLevel: "info",
      logFormat: "json",
      tracing: { endpoint: "grpc://localhost:9000", sampling: 1 },
      notes: [expect.stringContaining("DELOS_REDIS_URL: there is no Redis here")],
    });
  });

  test("reach a database of one's own, with their defaults, once the storage backend says so", () => {
    expect(readConfig({ DELOS_STORAGE_BACKEND: "postgres" }).databaseUrl).toBe(
      "postgres://delos@localhost:5432/delos?sslmode=disable",
    );
    const parts = { DELOS_DB_HOST: "db", DELOS_DB_PORT: "6000", DELOS_DB_USER: "ann", DELOS_DB_PASSWORD: "p/w" };
    const more = { DELOS_DB_NAME: "prompts", DELOS_DB_SSLMODE: "require" };
    expect(readConfig({ DELOS_STORAGE_BACKEND: "postgres", ...parts, ...more }).databaseUrl).toBe(
      "postgres://ann:p%2Fw@db:6000/prompts?sslmode=require",
    );
    expect(readConfig({ DELOS_STORAGE_BACKEND: "memory", ...parts }).databaseUrl).toBeNull();
  });

  test("give way to ours where both are set", () => {
    const both = { ...PRINTED, DELOS_STORAGE_BACKEND: "postgres", SLUICE_GRPC_PORT: "0", SLUICE_LOG_LEVEL: "warn" };
    const url = "postgres://me@elsewhere/mine";
    expect(readConfig({ ...both, DATABASE_URL: url })).toMatchObject({
      grpcPort: 0,
      logLevel: "warn",
      databaseUrl: url,
    });
    expect(readConfig({ ...both, SLUICE_DB_HOST: "mine" }).databaseUrl).toBe(
      "postgres://sluice@mine:5432/sluice?sslmode=disable",
    );
    expect(readConfig({ ...PRINTED, SLUICE_TRACING: "off" }).tracing).toBeNull();
  });

  test("trace nothing unless that is asked for", () => {
    expect(readConfig({ DELOS_OBSERVE_ENDPOINT: "localhost:9000" }).tracing).toBeNull();
    expect(readConfig({ ...PRINTED, DELOS_TRACING_ENABLED: "false" }).tracing).toBeNull();
    expect(readConfig({ DELOS_TRACING_ENABLED: "true" }).tracing).toEqual({
      endpoint: "grpc://localhost:9000",
      sampling: 1,
    });
  });

  test.each([
    ["DELOS_GRPC_PORT", "many"],
    ["DELOS_STORAGE_BACKEND", "sqlite"],
    ["DELOS_LOG_LEVEL", "loud"],
    ["DELOS_LOG_FORMAT", "xml"],
    ["DELOS_ENV", "Production!"],
    ["DELOS_TRACING_ENABLED", "perhaps"],
    ["DELOS_TRACING_SAMPLING", "2"],
  ])("name themselves where their value is bad: %s", (name, value) => {
    expect(problem({ [name]: value })).toContain(`${name} is "${value}"`);
  });

  test("name the database's variables where those are bad, and never a password", () => {
    const bad = { DELOS_STORAGE_BACKEND: "postgres", DELOS_DB_PORT: "x", DELOS_DB_SSLMODE: "perhaps" };
    const message = problem({ ...bad, DELOS_DB_PASSWORD: "hunter2" });
    expect(message).toMatch(/DELOS_DB_PORT is "x".*\n.*DELOS_DB_SSLMODE is "perhaps"/);
    expect(message).not.toContain("hunter2");
  });

  test("leave a server without them as it is", () => {
    expect(readConfig({})).toMatchObject({ tracing: null, notes: [], defaultEnvironment: null, logFormat: "json" });
  });
});

describe("TLS for gRPC", () => {
  test("needs a certificate and its key", () => {
    expect(readConfig({ SLUICE_GRPC_TLS_CERT: "/a.pem", SLUICE_GRPC_TLS_KEY: "/b.pem" }).grpcTls).toEqual({
      certificate: "/a.pem",
      key: "/b.pem",
      clientCa: null,
    });
    expect(problem({ SLUICE_GRPC_TLS_CERT: "/a.pem" })).toContain("SLUICE_GRPC_TLS_KEY is missing");
    expect(problem({ SLUICE_GRPC_TLS_CLIENT_CA: "/a.pem" })).toContain("SLUICE_GRPC_TLS_CERT is missing");
  });
});

test("tracing that is on needs to know where traces go", () => {
  expect(problem({ SLUICE_TRACING: "on" })).toContain("SLUICE_OTLP_ENDPOINT is missing");
  expect(readConfig({ SLUICE_OTLP_ENDPOINT: "http://otel:4318", SLUICE_TRACING_SAMPLING: "0.25" }).tracing).toEqual({
    endpoint: "http://otel:4318",
    sampling: 0.25,
  });
});
