import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { GENERATED, generate } from "../generate.ts";

test("the generated types are those of the server's document; otherwise: npm run generate", async () => {
  expect(await readFile(GENERATED, "utf8")).toBe(await generate());
});
