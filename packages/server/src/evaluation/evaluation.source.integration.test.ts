import { status } from "@grpc/grpc-js";
import { afterEach, describe, expect, test } from "vitest";
import { flood, json, startGrpcService, startService } from "../gate/testing/services.ts";
import { createEvaluationSource, type EvaluationSource } from "./evaluation.source.ts";

const NOW = Date.parse("2026-11-21T12:00:00.000Z");
const question = { project: "default", artifact: "greeter", version: "1.1.0", dataset: "nightly/full" };

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

function sourceOf(address: string, timeoutMs = 10_000): EvaluationSource {
  const source = createEvaluationSource({ address, token: "hunter2", timeoutMs }, () => NOW);
  closing.push(source.close);
  return source;
}

const ask = (source: EvaluationSource) => source.ask(question, new AbortController().signal);

async function http(...args: Parameters<typeof startService>) {
  const service = await startService(...args);
  closing.push(service.close);
  return service;
}

async function grpc(...args: Parameters<typeof startGrpcService>) {
  const service = await startGrpcService(...args);
  closing.push(service.close);
  return service.address;
}

const found = {
  status: "found",
  input: {
    artifact: "greeter",
    version: "1.1.0",
    dataset: "nightly/full",
    metrics: { score: 0.91 },
    sampleCount: 40,
    source: "service",
    finishedAt: "2026-11-21T11:00:00.000Z",
  },
};

describe("over HTTP", () => {
  test("the service is asked with its token, and its figures are an evaluation", async () => {
    const service = await http((response) =>
      json(response, {
        metrics: { score: 0.91 },
        sampleCount: 40,
        finishedAt: "2026-11-21T11:00:00.000Z",
        mood: "good",
      }),
    );
    expect(await ask(sourceOf(`${service.url}/figures?team=a`))).toMatchObject(found);
    const [asked] = service.asked;
    expect(asked).toMatchObject({ method: "GET", headers: { authorization: "Bearer hunter2" } });
    expect(Object.fromEntries(new URL(asked?.path ?? "", service.url).searchParams)).toEqual({
      team: "a",
      ...question,
    });
  });

  test("404 is a service that has no figures", async () => {
    const service = await http((response) => json(response, {}, 404));
    expect(await ask(sourceOf(service.url))).toEqual({ status: "none" });
  });

  test.each<[string, Parameters<typeof startService>[0], RegExp]>([
    ["an error", (response) => json(response, { token: "hunter2" }, 503), /answered 503$/],
    ["no JSON", (response) => void response.end("<html>"), /not JSON/],
    ["a list", (response) => json(response, []), /no JSON object/],
    [
      "a score above 1",
      (response) => json(response, { metrics: { score: 91 }, sampleCount: 4 }),
      /metrics\.score is 91; allowed: a number from 0 to 1/,
    ],
    [
      "what cannot be stored",
      (response) => json(response, { metrics: { score: 1 }, sampleCount: 1, details: { a: "\0" } }),
      /details\.a is .*without NUL/,
    ],
    ["no sample count", (response) => json(response, { metrics: { score: 1 } }), /sampleCount is missing/],
    ["an answer without end", flood, /more than 1048576 bytes/],
    ["a broken connection", (response) => void response.socket?.destroy(), /cannot be reached/],
  ])("%s is silence with its reason, neither good nor bad", async (_what, answer, reason) => {
    // edge case 25
    const service = await http(answer);
    const result = await ask(sourceOf(service.url));
    expect(result).toEqual({ status: "silent", reason: expect.stringMatching(reason) });
    expect(JSON.stringify(result)).not.toContain("hunter2");
  });

  test("a service that never answers is given up on after the limit, and at once when the server stops", async () => {
    const service = await http(() => undefined);
    expect(await ask(sourceOf(service.url, 200))).toMatchObject({ reason: expect.stringContaining("within 0.2 s") });
    const stop = new AbortController();
    const answer = sourceOf(service.url, 60_000).ask(question, stop.signal);
    stop.abort(new Error("stopping"));
    await expect(answer).rejects.toThrow("stopping");
  });
});

describe("over gRPC", () => {
  test("the service is asked with its token, and its figures are an evaluation", async () => {
    const asked: unknown[] = [];
    const address = await grpc(({ request, metadata }, reply) => {
      asked.push({ ...request, token: metadata.get("authorization") });
      const finishedAt = { seconds: String(Date.parse("2026-11-21T11:00:00Z") / 1_000), nanos: 0 };
      reply(null, { metrics: { score: 0.91 }, sampleCount: "40", startedAt: null, finishedAt });
    });
    expect(await ask(sourceOf(address))).toMatchObject(found);
    expect(asked).toEqual([{ ...question, token: ["Bearer hunter2"] }]);
  });

  test.each<[string, Parameters<typeof startGrpcService>[0], object]>([
    ["NOT_FOUND", (_call, reply) => reply({ code: status.NOT_FOUND, details: "" }), { status: "none" }],
    [
      "an error",
      (_call, reply) => reply({ code: status.INTERNAL, details: "hunter2" }),
      { status: "silent", reason: "the evaluation service answered INTERNAL" },
    ],
    [
      "NaN",
      (_call, reply) =>
        reply(null, { metrics: { score: Number.NaN }, sampleCount: "4", startedAt: null, finishedAt: null }),
      // edge case 26
      { status: "silent", reason: expect.stringContaining("metrics.score is") },
    ],
    [
      "an answer of two megabytes",
      (_call, reply) =>
        reply(null, {
          metrics: { ["x".repeat(2_000_000)]: 1 },
          sampleCount: "4",
          startedAt: null,
          finishedAt: null,
        }),
      { status: "silent", reason: "the evaluation service answered RESOURCE_EXHAUSTED" },
    ],
  ])("%s is typed", async (_what, answer, expected) => {
    expect(await ask(sourceOf(await grpc(answer)))).toEqual(expected);
  });

  test("a service that never answers, or is not there, is silence", async () => {
    const address = await grpc(() => undefined);
    expect(await ask(sourceOf(address, 200))).toMatchObject({
      status: "silent",
      reason: expect.stringMatching(/within 0\.2 s|UNAVAILABLE/),
    });
    expect(await ask(sourceOf("grpc://127.0.0.1:1", 5_000))).toMatchObject({ status: "silent" });
    const stop = new AbortController();
    const answer = sourceOf(address, 60_000).ask(question, stop.signal);
    stop.abort(new Error("stopping"));
    await expect(answer).rejects.toThrow("stopping");
  });
});
