import { appendFile, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LogLine, LogQuery } from "@sluice/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { eventually } from "../suite/eventually.ts";
import { createLogFile, type LogFile } from "./log.file.ts";
import { readLogs } from "./log.reader.ts";

const limits = { maxBytes: 1_000, keep: 2 };
let folder: string;
let log: LogFile;
const now = 1_000;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sluice-log-"));
  log = createLogFile(folder, "stdout", () => now);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const print = (from: number, to: number): Promise<void> =>
  appendFile(
    join(folder, "stdout.log"),
    Array.from({ length: to - from }, (_, index) => `line ${from + index}\n`).join(""),
  );
const source = () => [{ instance: "a", revision: 1, stream: "stdout" as const, file: log, ended: false }];
const query = (changes: Partial<LogQuery>): LogQuery => ({ deployment: "greeter", ...changes });
async function collect(changes: Partial<LogQuery>): Promise<string[]> {
  const lines: LogLine[] = [];
  for await (const line of readLogs(source, query(changes), new AbortController().signal)) lines.push(line);
  return lines.map(({ text }) => text);
}

test("the tail reaches back into what was rotated", async () => {
  await print(0, 120);
  await log.rotateIfLarge(limits);
  await print(120, 122);
  expect(await collect({ tail: 4 })).toEqual(["line 118", "line 119", "line 120", "line 121"]);
  expect(await collect({ tail: 0 })).toEqual([]);
});

test("a follower reads every line once across rotations", async () => {
  const stop = new AbortController();
  const seen: string[] = [];
  await print(0, 10);
  const following = (async () => {
    for await (const { text } of readLogs(source, query({ follow: true }), stop.signal)) seen.push(text);
  })();
  // Following begins with the tail of what is there: it must have begun before more is printed than the tail holds.
  await eventually("line 9", async () => seen.includes("line 9") || undefined);
  for (let from = 10; from < 500; from += 98) {
    await print(from, from + 98);
    // The new lines lie in the rotated part or in the file itself, whichever the follower finds.
    await log.rotateIfLarge(limits);
    await eventually(`line ${from + 97}`, async () => seen.includes(`line ${from + 97}`) || undefined);
  }
  stop.abort();
  await following;
  expect(seen).toEqual(Array.from({ length: 500 }, (_, index) => `line ${index}`));
});

test("of an overshot file the last part alone is kept, and no more files than allowed", async () => {
  for (let round = 0; round < 4; round += 1) {
    await print(round * 1_000, (round + 1) * 1_000);
    await log.rotateIfLarge(limits);
  }
  expect((await readdir(folder)).toSorted()).toEqual([
    "stdout.log",
    "stdout.log.1",
    "stdout.log.2",
    "stdout.log.base",
    "stdout.log.times",
  ]);
  expect((await collect({ tail: 10_000 })).at(-1)).toBe("line 3999");
  expect((await log.read(Number.NEGATIVE_INFINITY, 10_000)).bytes.length).toBe(limits.maxBytes);
});

test("a slow reader is not run ahead of", async () => {
  await print(0, 10);
  const lines = readLogs(source, query({ follow: true }), new AbortController().signal);
  expect((await lines.next()).value?.text).toBe("line 0");
  await print(10, 11);
  expect((await lines.next()).value?.text).toBe("line 1");
  await lines.return(undefined);
});

test("a tail that is no small whole number is refused", async () => {
  await expect(collect({ tail: -1 })).rejects.toMatchObject({ code: "invalid_argument" });
  await expect(collect({ tail: 1e9 })).rejects.toMatchObject({ code: "invalid_argument" });
});
