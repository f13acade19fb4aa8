import { expect, test } from "vitest";
import { servedFor } from "./served.ts";

const at = (seconds: number): string => new Date(seconds * 1_000).toISOString();

test.each([
  [{ servedFrom: at(0), servedUntil: at(90) }, "1 min 30 s"],
  [{ servedFrom: at(0), servedUntil: at(0.2) }, "less than 1 s"],
  [{ servedFrom: at(40), servedUntil: null }, "1 min, and still does"],
  // The clock of the viewer may be a little behind that of the server.
  [{ servedFrom: at(101), servedUntil: null }, "less than 1 s, and still does"],
  [{ servedFrom: null, servedUntil: null }, "not promoted"],
])("%j: %s", (delivered, words) => {
  expect(servedFor(delivered, 100_000)).toBe(words);
});
