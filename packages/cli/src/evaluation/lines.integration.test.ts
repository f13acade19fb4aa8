import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Line, readLines } from "./lines.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sluice-lines-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function linesOf(content: string, maxLine?: number): Promise<Line[]> {
  const file = join(folder, "file");
  await writeFile(file, content);
  return Array.fromAsync(readLines(file, maxLine));
}

test("lines have their number, their place, and whether they were ended", async () => {
  expect(await linesOf("a\n\nü")).toEqual([
    { number: 1, text: "a", end: 2, complete: true },
    { number: 2, text: "", end: 3, complete: true },
    { number: 3, text: "ü", end: 5, complete: false },
  ]);
  expect(await linesOf("")).toEqual([]);
});

test("lines longer than the pieces in which a file is read come out whole", async () => {
  const long = "ü".repeat(200_000);
  const [first, second] = await linesOf(`${long}\nshort\n`);
  expect(first?.text === long).toBe(true);
  expect(second).toMatchObject({ number: 2, text: "short" });
});

test("a line that is too long is refused with its number", async () => {
  await expect(linesOf(`ok\n${"x".repeat(101)}\n`, 100)).rejects.toThrow(/file:2: the line is longer than 100 bytes/);
});

test("a file that is not there is said to be so", async () => {
  await expect(Array.fromAsync(readLines(join(folder, "nothing")))).rejects.toThrow(
    /nothing cannot be read \(ENOENT\)/,
  );
});

test("any text is what its lines make", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.string({ unit: "grapheme" }).map((text) => text.replaceAll("\n", ""))),
      async (texts) => {
        const lines = await linesOf(texts.map((text) => `${text}\n`).join(""));
        expect(lines.map(({ text }) => text)).toEqual(texts.map((text) => text.toWellFormed()));
      },
    ),
    { numRuns: 50 },
  );
});
