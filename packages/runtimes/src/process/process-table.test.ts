import { expect, test } from "vitest";
import { parseStat } from "./process-table.ts";

const stat = (name: string, state: string): string =>
  `4711 (${name}) ${state} 1 4700 4700 0 -1 4194560 1 0 0 0 5 2 0 0 20 0 11 0 987654 1 2 3`;

test("fields are found behind a command name with blanks and parentheses", () => {
  expect(parseStat(4_711, stat("a) R 2 (b", "S"))).toEqual({
    pid: 4_711,
    group: 4_700,
    startTime: "987654",
    zombie: false,
  });
});

test("a zombie is told apart", () => {
  expect(parseStat(4_711, stat("node", "Z")).zombie).toBe(true);
});
