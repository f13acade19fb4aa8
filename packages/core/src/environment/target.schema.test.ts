import { describe, expect, test } from "vitest";
import { environmentSchema, targetOf } from "./environment.schema.ts";
import { connectionOf, targetName, targetSchema } from "./target.schema.ts";

const problems = (input: unknown): string[] =>
  (targetSchema.safeParse(input).error?.issues ?? []).map(({ path, message }) => `${path.join(".")}: ${message}`);

describe("a target", () => {
  test("needs no more than its type", () => {
    expect(targetSchema.parse({ type: "process" })).toEqual({ type: "process" });
    expect(targetSchema.parse({ type: "docker" })).toEqual({
      type: "docker",
      pullPolicy: "missing",
      isolation: "strict",
    });
    expect(targetSchema.parse({ type: "kubernetes" })).toEqual({ type: "kubernetes", traffic: { type: "sluice" } });
  });

  test("of a cluster names its Gateway where that is who splits", () => {
    const traffic = { type: "gateway-api", gateway: { name: "front", namespace: "infra" } };
    expect(targetSchema.parse({ type: "kubernetes", traffic })).toMatchObject({ traffic });
    expect(problems({ type: "kubernetes", traffic: { type: "gateway-api" } })).toEqual([
      expect.stringMatching(/^traffic\.gateway: /),
    ]);
  });

  test.each([
    [{ type: "moon" }, "type"],
    [{ type: "process", namespace: "x" }, ""],
    [{ type: "docker", host: "nowhere" }, "host"],
    [{ type: "docker", pullPolicy: "sometimes" }, "pullPolicy"],
    [{ type: "kubernetes", namespace: "Not_A_Label" }, "namespace"],
    [{ type: "kubernetes", prometheus: { address: "ftp://x", metrics: "istio" } }, "prometheus.address"],
  ])("%j is refused at %j", (input, field) => {
    expect(problems(input)).toEqual([expect.stringMatching(new RegExp(`^${field}: `))]);
  });

  test("is called by its name, or else by its type, and no two are called the same", () => {
    expect(targetName({ type: "docker" })).toBe("docker");
    expect(targetName({ name: "west", type: "docker" })).toBe("west");
    const twice = environmentSchema.safeParse({ targets: [{ type: "process" }, { type: "process" }] });
    expect(twice.error?.issues[0]?.message).toBe("targets with names of their own");
    expect(environmentSchema.parse({ targets: [{ type: "process" }, { type: "process", name: "b" }] })).toBeTruthy();
  });

  test("is reached like another one of the same daemon or cluster, wherever in it", () => {
    const west = targetSchema.parse({ type: "kubernetes", context: "west", namespace: "a" });
    expect(connectionOf(west)).toBe(connectionOf(targetSchema.parse({ type: "kubernetes", context: "west" })));
    expect(connectionOf(west)).not.toBe(connectionOf(targetSchema.parse({ type: "kubernetes" })));
    const socket = targetSchema.parse({ type: "docker", host: "unix:///run/a.sock" });
    expect(connectionOf(socket)).not.toBe(connectionOf(targetSchema.parse({ type: "docker" })));
  });

  test("of a deployment is the environment's first", () => {
    expect(targetOf(environmentSchema.parse({ targets: [{ type: "none" }, { type: "process" }] }))).toEqual({
      type: "none",
    });
  });
});
