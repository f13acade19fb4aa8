import { expect, test } from "vitest";
import { EXIT } from "../exit.ts";
import { evaluationWorkshop, OF } from "../testing/evaluation.workshop.ts";

const { sluice, writeText } = evaluationWorkshop();

const promptfoo = (results: object[]) => ({
  evalId: "eval-1",
  results: { version: 3, timestamp: "2026-09-25T10:00:00.000Z", prompts: [], results, stats: {} },
  config: {},
});
const result = {
  provider: { id: "openai:x" },
  prompt: { raw: "p", label: "p" },
  success: true,
  score: 0.75,
  latencyMs: 90,
  cost: 0.1,
};

const resultsFile = (document: unknown): Promise<string> =>
  writeText(typeof document === "string" ? document : JSON.stringify(document));

test("results of promptfoo are imported", async () => {
  const file = await resultsFile(promptfoo([result]));
  const { exitCode, recorded, out } = await sluice(["import", file, ...OF, "--dataset", "geo"]);
  expect(exitCode).toBe(EXIT.ok);
  expect(recorded).toMatchObject([
    { dataset: "geo", source: "promptfoo", metrics: { score: 0.75, costUsd: 0.1 }, sampleCount: 1 },
  ]);
  expect(out).toMatch(/score +0\.75/);
});

test.each([
  ["{", /is not JSON .*allowed: what promptfoo eval --output writes/],
  [promptfoo([{ ...result, score: undefined }]), /results\.results\[0\]\.score is missing; allowed: a number/],
  [promptfoo([result, { ...result, provider: { id: "b" } }]), /provider is missing; allowed: one of "openai:x", "b"/],
])("a file of results that cannot be imported is refused: %#", async (document, message) => {
  const { exitCode, err, recorded } = await sluice(["import", await resultsFile(document), ...OF]);
  expect({ exitCode, recorded }).toEqual({ exitCode: EXIT.usage, recorded: [] });
  expect(err).toMatch(message);
});
