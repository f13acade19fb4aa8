import type { RequestListener } from "node:http";
import type { Socket } from "node:net";
import { text } from "node:stream/consumers";
import type { TestResult } from "@sluice/core";
import { afterEach, expect, test } from "vitest";
import { type Candidate, startHttp, startTcp, testCandidates } from "../testing/candidate.ts";

const running: Candidate[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((candidate) => candidate.close()));
});

const http = async (handler: RequestListener) => {
  const candidate = await startHttp(handler);
  running.push(candidate);
  return candidate;
};

const tcp = async (handler: (socket: Socket) => void) => {
  const candidate = await startTcp(handler);
  running.push(candidate);
  return candidate;
};

async function only(candidates: Candidate[], request: object, expectation: object = {}): Promise<TestResult> {
  const [result] = await testCandidates(candidates, { functional: [{ name: "t", request, expect: expectation }] });
  if (result === undefined) throw new Error("there is one result");
  return result;
}

test("a candidate that answers as expected passes, and the request arrives as it was written", async () => {
  const candidate = await http(async (request, response) => {
    const body = JSON.parse(await text(request));
    response.setHeader("content-type", "application/json");
    response.end(
      JSON.stringify({
        method: request.method,
        type: request.headers["content-type"],
        ...body,
        tag: request.headers["x-tag"],
      }),
    );
  });
  const result = await only(
    [candidate],
    { method: "POST", path: "/ask?a=1", headers: { "X-Tag": "blue" }, body: { question: "why?" } },
    {
      headers: { "content-type": "application/json" },
      json: { "$.method": "POST", "$.type": "application/json", "$.question": "why?", "$.tag": "blue" },
      jsonSchema: { type: "object", required: ["question"] },
    },
  );
  expect(result).toMatchObject({
    name: "functional/t",
    type: "functional",
    status: "passed",
    metrics: { status: 200 },
  });
  expect(result.message).toMatch(/^POST \/ask\?a=1 answered 200 in \d+ ms and met all 7 expectations/);
});

test("what is not as expected is named, expected beside found", async () => {
  const candidate = await http((_request, response) => response.writeHead(500).end("database is away"));
  const result = await only([candidate], { path: "/" }, { json: { "$.ok": true } });
  expect(result.status).toBe("failed");
  expect(result.message).toContain('status is 500, expected 200 ("database is away")');
  expect(result.message).toContain('body is "database is away", expected JSON');
});

test("tests are dealt to the instances in turn", async () => {
  const asked: string[] = [];
  const instances = await Promise.all(
    ["a", "b"].map((name) =>
      http((_request, response) => {
        asked.push(name);
        response.end();
      }),
    ),
  );
  const functional = [1, 2, 3].map((number) => ({ name: `t${number}`, request: { path: "/" } }));
  await testCandidates(instances, { functional });
  expect(asked).toEqual(["a", "b", "a"]);
});

test("an answer of ten gigabytes is read as far as it is judged, and no further", async () => {
  const part = Buffer.alloc(65_536, "x");
  let sent = 0;
  const closed = Promise.withResolvers<void>();
  const candidate = await http((_request, response) => {
    response.on("close", closed.resolve);
    response.writeHead(200, { "content-length": String(10 * 2 ** 30) });
    const more = () => {
      while (!response.destroyed && response.write(part)) sent += part.length;
    };
    response.on("drain", more);
    more();
  });
  const result = await only([candidate], { path: "/" }, { bodyContains: "y" });
  await closed.promise;
  expect(result.status).toBe("failed");
  expect(result.message).toContain("body (as far as it was read)");
  expect(sent).toBeLessThan(64 * 2 ** 20);
});

test("a candidate that never answers fails after the time that is allowed", async () => {
  const candidate = await http(() => undefined);
  const result = await only([candidate], { path: "/" }, { maxMs: 200 });
  expect(result).toMatchObject({ status: "failed", message: expect.stringContaining("no answer within 200 ms") });
});

test("an answer that trickles for ever fails as well", async () => {
  const candidate = await http((_request, response) => {
    const drip = setInterval(() => response.write("x"), 20);
    response.on("close", () => clearInterval(drip));
  });
  const result = await only([candidate], { path: "/" }, { maxMs: 300 });
  expect(result).toMatchObject({ status: "failed", message: expect.stringContaining("no answer within 300 ms") });
});

test.each([
  ["garbage", (socket: Socket) => socket.end("SSH-2.0-dropbear\r\n"), /it is no HTTP answer/],
  ["nothing", (socket: Socket) => socket.once("data", () => socket.destroy()), /closed without an answer/],
  [
    "half an answer",
    (socket: Socket) => socket.once("data", () => socket.end("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhal")),
    /ended within the answer/,
  ],
  [
    "headers without end",
    (socket: Socket) => socket.end(`HTTP/1.1 200 OK\r\nx: ${"a".repeat(100_000)}`),
    /no HTTP answer/,
  ],
])("a candidate that answers %s fails with that reason", async (_what, handler, reason) => {
  const result = await only([await tcp(handler)], { path: "/" });
  expect(result.status).toBe("failed");
  expect(result.message).toMatch(reason);
});

test("a candidate that is gone fails with that reason", async () => {
  const candidate = await startHttp(() => undefined);
  await candidate.close();
  const result = await only([candidate], { path: "/" });
  expect(result).toMatchObject({
    status: "failed",
    message: expect.stringMatching(/cannot be reached .*ECONNREFUSED/),
  });
});

test("a pattern that would take for ever is stopped, and the next test is judged", async () => {
  const candidate = await http((_request, response) => response.end(`${"a".repeat(40)}!`));
  const results = await testCandidates([candidate], {
    functional: [
      { name: "slow", request: { path: "/" }, expect: { bodyMatches: "^(a+)+$" } },
      { name: "quick", request: { path: "/" }, expect: { bodyContains: "aaa" } },
    ],
  });
  expect(results.map(({ status }) => status)).toEqual(["error", "passed"]);
  expect(results[0]?.message).toMatch(/could not be judged within/);
});

test("without an instance every test is an error that says so", async () => {
  expect(await only([], { path: "/" })).toMatchObject({
    status: "error",
    message: expect.stringContaining("no instance"),
  });
});
