import { expect, test } from "vitest";
import { withoutSecrets } from "./secrets.ts";
import { strategySchema } from "./strategy.schema.ts";

const TOKEN = "Bearer s3cr3t";
const headers = { authorization: TOKEN };

test("a strategy is shown without what its headers hold, and otherwise as it is", () => {
  const strategy = strategySchema.parse({
    type: "canary",
    analysis: {
      metrics: [
        { name: "error_rate" },
        { name: "cost", source: { type: "webhook", url: "http://localhost/cost", headers }, max: 3 },
        {
          name: "load",
          source: { type: "prometheus", address: "http://localhost:9090", query: "up", headers },
          max: 3,
        },
        { name: "score", source: "evaluations" },
      ],
    },
    tests: {
      functional: [{ name: "greets", request: { path: "/", headers } }],
      request: { path: "/", headers },
      security: { privilegedPath: "/admin", lowPrivilegeHeaders: headers },
    },
  });
  const shown = JSON.stringify(withoutSecrets(strategy));
  expect(shown).not.toContain("s3cr3t");
  expect(shown.replaceAll("(not shown)", TOKEN)).toBe(JSON.stringify(strategy));
});

test("addresses are shown without what may be a token in them", () => {
  const strategy = strategySchema.parse({
    type: "canary",
    steps: [{ hook: { url: "https://hooks.example.com/rollouts?token=s3cr3t" } }, { setWeight: 10 }],
    analysis: {
      metrics: [
        { name: "cost", source: { type: "webhook", url: "https://user:s3cr3t@costs.example.com/api" }, max: 3 },
        { name: "load", source: { type: "prometheus", address: "http://x:s3cr3t@prom:9090", query: "up" }, max: 3 },
      ],
    },
  });
  const shown = withoutSecrets(strategy);
  expect(JSON.stringify(shown)).not.toContain("s3cr3t");
  expect(shown).toMatchObject({
    steps: [{ hook: { url: "https://hooks.example.com/rollouts?(not shown)" } }, { setWeight: 10 }],
    analysis: { metrics: [{ source: { url: "https://costs.example.com/api" } }, {}] },
  });
});

test("a strategy without tests has none to show", () => {
  const strategy = strategySchema.parse({ type: "immediate" });
  expect(withoutSecrets(strategy)).toEqual(strategy);
});
