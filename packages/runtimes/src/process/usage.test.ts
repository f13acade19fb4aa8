import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseAuxiliaryVector, parseProcStat, parsePsLine } from "./usage.table.ts";
import { cpuMsBetween, familyOf, rssBytesOf, type UsageEntry, usageTable } from "./usage.ts";

const entry = (pid: number, changes: Partial<UsageEntry> = {}): UsageEntry => ({
  pid,
  parent: 1,
  group: pid,
  startTime: `t${pid}`,
  rssBytes: 1_000,
  ownMs: 0,
  reapedMs: 0,
  ...changes,
});

const LEADER = { pid: 10, startTime: "t10" };
const family = (entries: UsageEntry[], before: UsageEntry[] = []): number[] =>
  familyOf(usageTable(entries), LEADER, before)
    .map(({ pid }) => pid)
    .sort((a, b) => a - b);

describe("the family of an instance", () => {
  test("is its group and everything that descends from it, and nobody else", () => {
    const entries = [
      entry(10),
      entry(11, { parent: 10, group: 10 }),
      entry(12, { parent: 10 }),
      entry(13, { parent: 12 }),
      entry(20),
    ];
    expect(family(entries)).toEqual([10, 11, 12, 13]);
    expect(rssBytesOf(familyOf(usageTable(entries), LEADER, []))).toBe(4_000);
  });

  test("keeps a child with a group of its own after its parent's end", () => {
    expect(family([entry(10), entry(13)], [entry(13)])).toEqual([10, 13]);
    expect(family([entry(10), entry(13, { startTime: "another" })], [entry(13)])).toEqual([10]);
  });

  test("is empty when the pid has come to mean a stranger, and the group goes on without its leader", () => {
    expect(family([entry(10, { startTime: "another" })])).toEqual([]);
    expect(family([entry(11, { group: 10 })])).toEqual([11]);
  });
});

describe("processor time between two readings", () => {
  test("is what the living have used, those born in between included", () => {
    const before = [entry(10, { ownMs: 100 })];
    const after = [entry(10, { ownMs: 400 }), entry(11, { ownMs: 50 })];
    expect(cpuMsBetween(before, after)).toBe(350);
  });

  test("counts children that lived and ended in between, once", () => {
    const before = [entry(10, { ownMs: 100 }), entry(11, { ownMs: 500 })];
    const after = [entry(10, { ownMs: 100, reapedMs: 900 })];
    expect(cpuMsBetween(before, after)).toBe(400);
  });

  test("is never negative, whatever ends, and never more than a pid that was used again has used", () => {
    expect(cpuMsBetween([entry(10), entry(11, { ownMs: 9_000 })], [entry(10, { ownMs: 10 })])).toBe(10);
    const again = entry(11, { startTime: "again", ownMs: 30 });
    expect(cpuMsBetween([entry(11, { ownMs: 9_000 })], [again])).toBe(30);
    expect(cpuMsBetween([entry(11, { ownMs: 9_000 })], [])).toBe(0);
  });
});

describe("what the machine tells", () => {
  const units = { pageBytes: 4_096, tickMs: 10 };

  test("is read from /proc, behind a command name with blanks and parentheses", () => {
    const stat = "4711 (a) R 2 (b) S 1 4700 4700 0 -1 4194560 1 0 0 0 5 2 30 40 20 0 11 0 987654 1 25 3";
    expect(parseProcStat(4_711, stat, units)).toEqual({
      pid: 4_711,
      parent: 1,
      group: 4_700,
      startTime: "987654",
      rssBytes: 25 * 4_096,
      ownMs: 70,
      reapedMs: 700,
    });
  });

  test("is read from ps, with its several ways to write a time", () => {
    const line = " 501   1 501  2048 1-02:03:04.50 Sat Nov 21 10:00:00 2026";
    expect(parsePsLine(line)).toMatchObject({ pid: 501, parent: 1, group: 501, rssBytes: 2_097_152 });
    expect(parsePsLine(line)?.ownMs).toBe(((26 * 60 + 3) * 60 + 4.5) * 1_000);
    expect(parsePsLine("501 1 501 2048 0:01.25 Sat Nov 21 10:00:00 2026")?.ownMs).toBe(1_250);
    expect(parsePsLine("PID PPID")).toBeNull();
  });

  test("includes the sizes of a page and of a tick", () => {
    const vector = new BigUint64Array([33n, 1n, 6n, 16_384n, 17n, 1_000n, 0n, 0n]);
    expect(parseAuxiliaryVector(new Uint8Array(vector.buffer))).toEqual({ pageBytes: 16_384, tickMs: 1 });
    expect(parseAuxiliaryVector(new Uint8Array())).toEqual(units);
    const shared = Buffer.from(new Uint8Array([9, 9, 9, ...new Uint8Array(vector.buffer)]).buffer, 3);
    expect(parseAuxiliaryVector(shared)).toEqual({ pageBytes: 16_384, tickMs: 1 });
  });

  test("never makes the parsers throw", () => {
    fc.assert(
      fc.property(fc.string(), fc.uint8Array({ maxLength: 64 }), (text, bytes) => {
        parseProcStat(1, text, units);
        parsePsLine(text);
        parseAuxiliaryVector(bytes);
      }),
    );
  });
});
