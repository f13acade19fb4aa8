import type { RequestListener } from "node:http";
import type { TestResult } from "@sluice/core";
import { afterEach, expect, test } from "vitest";
import { type Candidate, startHttp, startTcp, testCandidates } from "../testing/candidate.ts";

const running: Candidate[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((candidate) => candidate.close()));
});

const keep = async (started: Promise<Candidate>): Promise<Candidate> => {
  const candidate = await started;
  running.push(candidate);
  return candidate;
};

/** Seconds: on a busy machine an answer may take long, and only where a test says so is that what it is about. */
const PATIENT = { responseTimeThreshold: 10 };

const http = (handler: RequestListener) => keep(startHttp(handler));

async function load(candidates: Candidate[], options: object = {}): Promise<TestResult> {
  const [result] = await testCandidates(candidates, {
    loadTest: true,
    testDuration: 1,
    concurrentUsers: 8,
    ...PATIENT,
    ...options,
  });
  if (result === undefined) throw new Error("there is one result");
  return result;
}

test("a candidate that keeps up passes load and performance, with its figures", async () => {
  const candidate = await http((_request, response) => response.end("fine"));
  const results = await testCandidates([candidate], {
    performanceTest: true,
    loadTest: true,
    testDuration: 1,
    concurrentUsers: 20,
    throughputThreshold: 1,
    ...PATIENT,
  });
  expect(results.map(({ name, status }) => [name, status])).toEqual([
    ["performance", "passed"],
    ["load", "passed"],
  ]);
  expect(results[1]?.metrics).toMatchObject({
    connections: 20,
    successRate: 1,
    unanswered: 0,
    p95Ms: expect.any(Number),
  });
  expect(results[1]?.message).toMatch(/^20 concurrent users sent \d+ requests in [\d.]+ s: success rate 100 %/);
});

test("the users are dealt to all instances", async () => {
  const asked = new Set<string>();
  const instances = await Promise.all(
    ["a", "b", "c"].map((name) =>
      http((_request, response) => {
        asked.add(name);
        response.end();
      }),
    ),
  );
  expect(await load(instances)).toMatchObject({ status: "passed" });
  expect(asked).toEqual(new Set(["a", "b", "c"]));
});

test("a candidate that fails every third request does not pass", async () => {
  let count = 0;
  const candidate = await http((_request, response) => response.writeHead(count++ % 3 === 0 ? 503 : 200).end());
  const result = await load([candidate]);
  expect(result.status).toBe("failed");
  expect(result.metrics.successRate).toBeLessThan(0.7);
  expect(result.message).toMatch(/is below 95 % \(\d+ answered 500 or above\)/);
});

test("a candidate that is too slow does not pass", async () => {
  const candidate = await http((_request, response) => {
    setTimeout(() => response.end(), 150);
  });
  const result = await load([candidate], { responseTimeThreshold: 0.05 });
  expect(result.status).toBe("failed");
  expect(result.message).toMatch(/too late.*p95 [\d.]+ ms is above 50 ms/);
});

test("a candidate that closes the connection after each answer, as HTTP/1.0 does, passes", async () => {
  const candidate = await http((_request, response) => {
    response.setHeader("connection", "close");
    response.end("once");
  });
  const result = await load([candidate]);
  expect(result).toMatchObject({ status: "passed", metrics: { unanswered: 0, successRate: 1 } });
});

test("a candidate that never answers does not pass", async () => {
  const result = await load([await http(() => undefined)], { responseTimeThreshold: 0.2 });
  expect(result.status).toBe("failed");
  expect(result.metrics).toMatchObject({ succeeded: 0 });
});

test("a candidate that hangs up on everybody, or talks nonsense, is left alone soon", async () => {
  const rude = await keep(startTcp((socket) => socket.end("nonsense\r\n\r\n")));
  const result = await load([rude], { testDuration: 60 });
  expect(result.status).toBe("failed");
  expect(result.message).toMatch(/ended early: \d+ of \d+ requests had failed/);
});

test("a candidate that is dead is left alone soon", async () => {
  const dead = await startHttp(() => undefined);
  await dead.close();
  const result = await load([dead], { testDuration: 60 });
  expect(result).toMatchObject({ status: "failed", metrics: { succeeded: 0 } });
});

test("a candidate that dies under load does not pass", async () => {
  let count = 0;
  const candidate = await http((_request, response) => {
    count += 1;
    if (count > 500) void candidate.close();
    else response.end();
  });
  const result = await load([candidate], { testDuration: 60 });
  expect(result).toMatchObject({ status: "failed", metrics: { succeeded: 500 } });
});

test("answers without an end stop the test instead of filling the memory", async () => {
  const part = Buffer.alloc(65_536, "x");
  const candidate = await http((_request, response) => {
    const more = () => {
      while (!response.destroyed && response.write(part));
    };
    response.on("drain", more);
    more();
  });
  const result = await load([candidate], { testDuration: 60, concurrentUsers: 2 });
  expect(result.status).toBe("failed");
  expect(result.message).toContain("ended early: an answer had more than 16 MiB");
});

test("an abort ends the load at once", async () => {
  const abort = new AbortController();
  const candidate = await http((_request, response) => {
    response.end();
    abort.abort(new Error("cancelled"));
  });
  const options = { loadTest: true, testDuration: 600, concurrentUsers: 2 };
  await expect(testCandidates([candidate], options, { signal: abort.signal })).rejects.toThrow("cancelled");
});
