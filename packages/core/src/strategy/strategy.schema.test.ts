import { describe, expect, test } from "vitest";
import { z } from "zod";
import { violationsOf } from "../validate.ts";
import { type StrategyInput, strategySchema } from "./strategy.schema.ts";

/** The fields that are refused, each once. */
const refused = (input: unknown): string[] => [
  ...new Set(strategySchema.safeParse(input).error?.issues.map((issue) => issue.path.join("."))),
];

describe("a strategy as a user writes it", () => {
  test("gets the defaults of the API document", () => {
    expect(strategySchema.parse({ type: "gradual" })).toMatchObject({
      initialPercentage: 10,
      increment: 10,
      intervalSeconds: 300,
      autoRollback: true,
      monitoringSeconds: 0,
      onConflict: "supersede",
      analysis: { falseRollbackRate: 0.01, onNoData: "hold", minimumSamples: 50 },
    });
    expect(strategySchema.parse({ type: "canary" })).toMatchObject({
      initialPercentage: 5,
      bakeSeconds: 300,
      steps: null,
    });
    expect(strategySchema.parse({ type: "blue-green" })).toMatchObject({ keepStableSeconds: 600 });
    expect(strategySchema.parse({ type: "shadow" })).toMatchObject({ mirrorPercentage: 100, durationSeconds: 600 });
    expect(strategySchema.parse({ type: "ab" })).toMatchObject({ percentage: 50, promoteWinner: false });
  });

  test("may hold a canary of a quarter of a percent, and nothing finer than two decimals", () => {
    expect(refused({ type: "canary", initialPercentage: 0.25 })).toEqual([]);
    expect(refused({ type: "canary", initialPercentage: 0.125 })).toEqual(["initialPercentage"]);
  });

  test.each([
    [{ type: "canary", initialPercentage: 101 }, "initialPercentage"],
    [{ type: "canary", initialPercentage: -5 }, "initialPercentage"],
    [{ type: "canary", bakeSeconds: -1 }, "bakeSeconds"],
    [{ type: "gradual", intervalSeconds: 1.5 }, "intervalSeconds"],
    [{ type: "canary", steps: [{ setWeight: 150 }] }, "steps.0.setWeight"],
    [{ type: "canary", steps: [{ setWeight: 5, wait: { seconds: 1 } }] }, "steps.0"],
    [{ type: "canary", steps: [] }, "steps"],
    [{ type: "canary", steps: [{ hook: { url: "file:///etc/passwd" } }] }, "steps.0.hook.url"],
    [{ type: "ab", match: {} }, "match"],
    [{ type: "canary", analysis: { falseRollbackRate: 0 } }, "analysis.falseRollbackRate"],
    [{ type: "big-bang" }, "type"],
  ])("%j is refused at %s", (input, field) => {
    expect(refused(input)).toEqual([field]);
  });

  test("names the path of a webhook's answer that is no JSONPath", () => {
    const source = { type: "webhook", url: "http://metrics/{{revision}}", jsonPath: "$.[" };
    const input = { type: "canary", analysis: { metrics: [{ name: "load", source }] } };
    expect(violationsOf(strategySchema.safeParse(input).error?.issues ?? [], input)).toEqual([
      {
        field: "analysis.metrics[0].source.jsonPath",
        found: "$.[",
        allowed: "a JSONPath of RFC 9535, for example $.items[0].id",
      },
    ]);
  });

  test("names a field that nobody knows", () => {
    const issue = strategySchema.safeParse({ type: "canary", initialPercent: 5 }).error?.issues[0];
    expect(issue).toMatchObject({ code: "unrecognized_keys", keys: ["initialPercent"] });
  });

  test("can be written back as an answer, for answers are encoded by it", () => {
    const inputs: StrategyInput[] = [
      { type: "blue-green", previewRoute: "/next" },
      { type: "shadow", compare: { bodies: "json", ignore: ["/id"] } },
      { type: "ab", match: { region: "eu" }, goal: "signup" },
      { type: "canary", analysis: { metrics: [{ name: "quality", source: "evaluations", min: 0.8 }] } },
      {
        type: "canary",
        analysis: { metrics: [{ name: "load", source: { type: "prometheus", address: "http://a", query: "q" } }] },
      },
    ];
    for (const input of inputs) {
      const strategy = strategySchema.parse(input);
      expect(z.encode(strategySchema, strategy)).toEqual(strategy);
    }
  });
});
