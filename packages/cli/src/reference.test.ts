import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { REFERENCE, renderReference } from "../reference.ts";

test("the handbook's reference is that of the command; otherwise: npm run generate", () => {
  expect(readFileSync(REFERENCE, "utf8")).toBe(renderReference());
});
