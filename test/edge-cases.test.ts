import { globSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

/** Cases that bit somebody in production in another rollout engine; docs/edge-cases.md lists them with their sources. */
const CASES = range(1, 52);

const named = new Set(
  ["packages/*/src/**/*.test.ts", "test/end-to-end/*.test.ts"]
    .flatMap((pattern) => globSync(pattern))
    .flatMap((file) => [...readFileSync(file, "utf8").matchAll(/edge cases? ([\d, –and-]+)/g)])
    .flatMap((match) => numbersIn(match[1] ?? "")),
);

test.each(CASES)("edge case %i has a test that names it", (number) => {
  expect(named).toContain(number);
});

/** "12", "3, 4", "1–3" and "9 and 10" all name their numbers. */
function numbersIn(text: string): number[] {
  return text.split(/,|and/).flatMap((part) => {
    const [first, last = first] = part.split(/[–-]/).map((bound) => Number.parseInt(bound, 10));
    return first === undefined || last === undefined || Number.isNaN(first) ? [] : range(first, last);
  });
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
