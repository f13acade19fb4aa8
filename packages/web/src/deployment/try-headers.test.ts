import { expect, test } from "vitest";
import { headersIn } from "./try-headers.ts";

test("a line is a header, and empty ones are none", () => {
  expect(headersIn("Accept: text/plain\n\n  X-Time :12:30\n")).toEqual({ Accept: "text/plain", "X-Time": "12:30" });
  expect(headersIn("")).toEqual({});
});

test("what is no header is named", () => {
  expect(() => headersIn("Accept: a\nnonsense")).toThrow("“nonsense” is not a header");
  expect(() => headersIn(": value")).toThrow("is not a header");
});
