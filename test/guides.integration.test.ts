import { readFileSync } from "node:fs";
import { expect, onTestFinished, test } from "vitest";
import { linesOf, Reader } from "./guide.ts";

test.each(["approvals", "triggers", "automation", "notifications", "agents", "prompts", "workflows", "models"])(
  "the guide to %s works as it is printed",
  { timeout: 600_000 },
  async (name) => {
    const guide = readFileSync(`docs/guides/${name}.md`, "utf8");
    const reader = new Reader(guide);
    onTestFinished(() => reader.leave());
    expect(await reader.type("npx sluice up")).toMatchObject({ code: 0 });
    const lines = linesOf(guide);
    expect(lines.length).toBeGreaterThan(5);
    for (const { command, mark } of lines) {
      const { code, output } = await reader.typeWhenDue(command);
      const told = `$ ${command}\n${output}`;
      if (mark === "refused") {
        expect(code, told).not.toBe(0);
        expect(output, told).toContain(command.split(" # ")[1]);
      } else {
        expect(code, told).toBe(mark === "example" ? 0 : Number(mark.split(" ")[1]));
      }
    }
  },
);
