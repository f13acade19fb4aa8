import { describe, expect, test } from "vitest";
import { healthOf, loadOf, type Server, type Target } from "./health.ts";

const server = (alive: boolean): Server => ({
  id: "one",
  url: "http://127.0.0.1:8303",
  gatewayUrl: null,
  host: null,
  version: null,
  alive,
  startedAt: null,
  seenAt: "2026-11-22T00:00:00.000Z",
  stoppedAt: null,
  deployments: 0,
});
const docker: Target = { type: "docker", pullPolicy: "missing", isolation: "strict" };

describe("a target", () => {
  test("of programs is ready while a server is alive", () => {
    expect(healthOf({ type: "process" }, [], [server(true), server(false)])).toMatchObject({
      state: "ready",
      tone: "good",
    });
    expect(healthOf({ type: "process" }, [], [server(false)])).toMatchObject({ state: "faulty", tone: "bad" });
  });

  test("of containers is what the daemon says", () => {
    const says = (state: "ready" | "absent" | "faulty") =>
      healthOf(docker, [{ type: "docker", state, message: "its words" }], []);
    expect([says("ready"), says("absent"), says("faulty")]).toEqual([
      { tone: "good", state: "ready", words: "its words" },
      { tone: "warn", state: "absent", words: "its words" },
      { tone: "bad", state: "faulty", words: "its words" },
    ]);
    expect(healthOf(docker, [], [])).toMatchObject({ state: "not known" });
  });

  test("that only the environment names is not judged by another daemon", () => {
    const other: Target = { ...docker, host: "tcp://10.0.0.1:2375" };
    expect(healthOf(other, [{ type: "docker", state: "ready", message: "here" }], [])).toEqual({
      tone: "plain",
      state: "asked when used",
      words: "tcp://10.0.0.1:2375",
    });
  });

  test("has the deployments that are at it, and those of several targets by their part", () => {
    const whole = { members: null, target: null, partOf: null, status: "running" as const };
    const part = { ...whole, target: "docker", partOf: "dep_1", status: "failed" as const };
    expect(loadOf(docker, [whole, { ...whole, status: "failed" }, part])).toEqual({ deployments: 2, failed: 1 });
  });
});
