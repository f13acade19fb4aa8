import { appendFile, mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LogLine, LogQuery } from "@sluice/core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { announceCut } from "./log.base.ts";
import { createLogFile, type LogFile } from "./log.file.ts";
import { readLogs } from "./log.reader.ts";
import { createLogTimes, timesIn } from "./log.times.ts";

const limits = { maxBytes: 1_000, keep: 2 };
let folder: string;
let log: LogFile;
let now: number;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sluice-places-"));
  now = 1_000;
  log = createLogFile(folder, "stdout", () => now);
  await log.end();
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const path = (): string => join(folder, "stdout.log");
const print = (from: number, to: number): Promise<void> =>
  appendFile(path(), Array.from({ length: to - from }, (_, index) => `line ${from + index}\n`).join(""));
/** As the next supervising process would find the files. */
const anew = (): LogFile => createLogFile(folder, "stdout", () => now);
const numbers = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, index) => `line ${from + index}`);

async function* read(file: LogFile, changes: Partial<LogQuery>): AsyncGenerator<LogLine> {
  const source = { instance: "a", revision: 1, stream: "stdout" as const, file, ended: false };
  yield* readLogs(() => [source], { deployment: "greeter", ...changes }, new AbortController().signal);
}
async function collect(file: LogFile, changes: Partial<LogQuery> = {}): Promise<LogLine[]> {
  return Array.fromAsync(read(file, { tail: 100_000, ...changes }));
}
const texts = (lines: readonly LogLine[]): string[] => lines.map(({ text }) => text);
/** Follows until so many lines came; the place behind the last of them. */
async function placeBehind(file: LogFile, count: number): Promise<string> {
  let seen = 0;
  for await (const { next } of read(file, { tail: 100_000, follow: true })) {
    seen += 1;
    if (seen === count) return next ?? "none";
  }
  throw new Error("it ended early");
}

describe("whoever reads on behind a line", () => {
  test("gets what comes after it, wherever the line was", async () => {
    await print(0, 30);
    for (const count of [1, 7, 30]) {
      const from = await placeBehind(log, count);
      expect(texts(await collect(log, { from }))).toEqual(numbers(count, 30));
    }
  });

  test("gets the whole of a line that was half printed", async () => {
    await print(0, 2);
    await appendFile(path(), "line ");
    const from = await placeBehind(log, 2);
    await appendFile(path(), "2\n");
    expect(texts(await collect(log, { from }))).toEqual(["line 2"]);
  });

  test("gets the same of the next supervising process, after the file was rotated", async () => {
    await print(0, 200);
    await log.rotateIfLarge(limits);
    await print(200, 210);
    const from = await placeBehind(log, (await collect(log)).length - 5);
    expect(texts(await collect(log, { from }))).toEqual(numbers(205, 210));
    expect(texts(await collect(anew(), { from }))).toEqual(numbers(205, 210));
    await print(210, 300);
    expect(texts(await collect(anew(), { from }))).toEqual(numbers(205, 300));
  });

  test.each(["before", "after"])("gets the same when the process died %s the file was emptied", async (when) => {
    await print(0, 10);
    const from = await placeBehind(log, 10);
    const { length } = (await log.read(0, 10_000)).bytes;
    await announceCut(path(), 0, length);
    if (when === "after") await truncate(path(), 0);
    await print(10, 13);
    expect(texts(await collect(anew(), { from }))).toEqual(numbers(10, 13));
  });

  test("gets the last lines when what was written down about the file is lost", async () => {
    await print(0, 200);
    await log.rotateIfLarge(limits);
    await print(200, 203);
    const from = await placeBehind(log, (await collect(log)).length);
    await rm(`${path()}.base`);
    expect(texts(await collect(anew(), { from, tail: 2 }))).toEqual(numbers(201, 203));
  });

  test("gets all of a stream that was not there before", async () => {
    await print(0, 3);
    expect(texts(await collect(log, { from: "~" }))).toEqual(numbers(0, 3));
  });

  test("is told that it is no place", async () => {
    await expect(collect(log, { from: "17" })).rejects.toMatchObject({ code: "invalid_argument" });
  });
});

describe("a line's time", () => {
  const times = async (file: LogFile): Promise<(number | null)[]> => (await collect(file)).map(({ at }) => at);

  test("is when it was first seen, also by the next supervising process", async () => {
    await print(0, 2);
    await log.end();
    now = 2_000;
    await print(2, 3);
    expect(await times(log)).toEqual([1_000, 1_000, 2_000]);
    now = 9_000;
    expect(await times(anew())).toEqual([1_000, 1_000, 2_000]);
  });

  test("is unknown of what was printed while nobody looked", async () => {
    await print(0, 1);
    await log.end();
    await print(1, 2);
    const next = anew();
    now = 3_000;
    await next.end();
    await print(2, 3);
    expect(await times(next)).toEqual([1_000, null, 3_000]);
  });

  test("is unknown of files that are older than the times", async () => {
    await print(0, 2);
    expect(await times(anew())).toEqual([null, null]);
  });

  test("survives rotation", async () => {
    await print(0, 200);
    await log.rotateIfLarge(limits);
    now = 2_000;
    await print(200, 201);
    await log.end();
    const found = await times(anew());
    expect(new Set(found.slice(0, -1))).toEqual(new Set([1_000]));
    expect(found.at(-1)).toBe(2_000);
  });

  test("is the program's own where whoever copies the output knows it", async () => {
    const parts = ["one\n", "two\nthree\n"].map((text, index) => ({ bytes: Buffer.from(text), at: 10 + index }));
    await log.append(parts);
    expect(await times(anew())).toEqual([10, 11, 11]);
  });

  test("is forgotten rather than wrong when the file of times is damaged", async () => {
    await print(0, 2);
    await log.end();
    await writeFile(`${path()}.times`, "half a ma");
    expect(await times(anew())).toEqual([null, null]);
  });

  test("is kept of the newest lines only, so that the file of times stays small", async () => {
    const kept = createLogTimes(path, 8);
    await kept.seen(0);
    for (let end = 10; end <= 200; end += 10) await kept.note([{ end, at: end }]);
    const when = timesIn(await kept.between(0, 200));
    const found = Array.from({ length: 20 }, (_, index) => when(index * 10));
    expect(found.at(-1)).toBe(200);
    expect(found[0]).toBeNull();
    const known = found.filter((at) => at !== null);
    expect(known.length).toBeGreaterThanOrEqual(3);
    expect(known).toEqual(Array.from({ length: known.length }, (_, index) => 200 - (known.length - 1 - index) * 10));
  });
});
