import { expect, test } from "vitest";
import { ConfigError, readConfig } from "../config.ts";

test("labels of the machine are read from one variable", () => {
  expect(readConfig({ SLUICE_NODE_LABELS: "environment=production, tier=frontend" }).nodeLabels).toEqual({
    environment: "production",
    tier: "frontend",
  });
  expect(readConfig({}).nodeLabels).toEqual({});
});

test.each(["production", "=a", "a=b,", "a b=c", "a=b c"])("%j stops the start and says what is expected", (labels) => {
  const read = () => readConfig({ SLUICE_NODE_LABELS: labels });
  expect(read).toThrow(ConfigError);
  expect(read).toThrow("SLUICE_NODE_LABELS");
  expect(read).toThrow("expected labels such as environment=production,tier=frontend");
});
