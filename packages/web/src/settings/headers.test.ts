import { expect, test } from "vitest";
import { headerLines, headersIn } from "./headers.ts";

test("headers are written as lines and read back", () => {
  const headers = { Authorization: "Bearer a:b", "X-Team": "(not shown)" };
  expect(headersIn(headerLines(headers))).toEqual(headers);
  expect(headersIn("\n  X-Team :  shop  \n\n")).toEqual({ "X-Team": "shop" });
  expect(headersIn("")).toEqual({});
});

test.each(["a value alone", ": nameless", "two words: x"])("%j is no header", (line) => {
  expect(headersIn(`A: b\n${line}`)).toBeNull();
});
