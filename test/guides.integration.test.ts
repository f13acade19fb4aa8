import { readFileSync } from "node:fs";
import { expect, onTestFinished, test } from "vitest";
import { linesOf, Reader } from "./guide.ts";

test.each([
  "approvals",
  "triggers",
  "automation",
  "notifications",
  "agents",
  "prompts",
  "workflows",
  "models",
  "several-clusters",
])("the guide to %s works as it is printed", { timeout: 600_000 }, async (name) => {
  const guide = readFileSync(`docs/guides/${name}.md`, "utf8");
  const reader = new Reader(guide);
  onTestFinished(() => reader.leave());
  expect(await reader.type("npx sluice up")).toMatchObject({ code: 0 });
  expect(linesOf(guide).length).toBeGreaterThan(5);
  await reader.typeAll(guide);
});
