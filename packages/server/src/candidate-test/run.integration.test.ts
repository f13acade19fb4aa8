import type { TestResult } from "@sluice/core";
import { afterEach, expect, test } from "vitest";
import { type Candidate, startHttp, testCandidates } from "./testing/candidate.ts";

const running: Candidate[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((candidate) => candidate.close()));
});

async function answering(status: number): Promise<Candidate> {
  const candidate = await startHttp((_request, response) => response.writeHead(status).end("done"));
  running.push(candidate);
  return candidate;
}

const functional = [
  { name: "one", request: { path: "/" } },
  { name: "two", request: { path: "/" } },
];

test("nothing is asked for: nothing is tested", async () => {
  expect(await testCandidates([await answering(200)], {})).toEqual([]);
});

test("every planned test is reported from the first moment on, and none is running at the end", async () => {
  const reports: TestResult[][] = [];
  const onProgress = (results: TestResult[]) => reports.push(results);
  const results = await testCandidates([await answering(200)], { functional }, { onProgress });
  expect(reports.map((report) => report.map(({ name }) => name))).toEqual(
    reports.map(() => ["functional/one", "functional/two"]),
  );
  expect(reports[0]?.map(({ status }) => status)).toEqual(["running", "running"]);
  expect(reports.at(-2)?.map(({ status }) => status)).toEqual(["passed", "running"]);
  expect(reports.at(-1)).toEqual(results);
  expect(results.map(({ status }) => status)).toEqual(["passed", "passed"]);
});

test("a candidate that failed already is not loaded", async () => {
  const results = await testCandidates([await answering(500)], { functional, performanceTest: true, loadTest: true });
  expect(results.map(({ name, status }) => [name, status])).toEqual([
    ["functional/one", "failed"],
    ["functional/two", "failed"],
    ["performance", "skipped"],
    ["load", "skipped"],
  ]);
  expect(results[2]?.message).toContain("functional/one did not pass");
});

test("an abort ends the test that runs and answers with its reason", async () => {
  const abort = new AbortController();
  const candidate = await startHttp(() => abort.abort(new Error("the rollout left the phase")));
  running.push(candidate);
  await expect(testCandidates([candidate], { functional }, { signal: abort.signal })).rejects.toThrow(
    "the rollout left the phase",
  );
});
