import { expect, test } from "vitest";
import { countIn, oneIn, present, textIn } from "./search.ts";

test("a text is read whatever the router made of it, and never without an end", () => {
  expect([textIn("a b"), textIn(2), textIn(true), textIn(""), textIn({}), textIn(null)]).toEqual([
    "a b",
    "2",
    "true",
    undefined,
    undefined,
    undefined,
  ]);
  expect(textIn("x".repeat(10_000))).toHaveLength(200);
});

test("only what is known is one of several, and only a whole number from 1 on counts", () => {
  expect([oneIn(["a", "b"], "b"), oneIn(["a", "b"], "c"), oneIn(["a"], 1)]).toEqual(["b", undefined, undefined]);
  expect([countIn("3"), countIn(3), countIn("0"), countIn("x"), countIn(1.5), countIn(-1)]).toEqual([
    3,
    3,
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});

test("what is absent has no name in the address", () => {
  expect(Object.keys(present({ a: undefined, b: "x" }))).toEqual(["b"]);
});
