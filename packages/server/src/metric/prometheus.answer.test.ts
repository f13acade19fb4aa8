import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readInstant, readRange } from "./prometheus.answer.ts";

const vector = (...values: string[]) =>
  JSON.stringify({
    status: "success",
    data: {
      resultType: "vector",
      result: values.map((value, index) => ({ metric: { __name__: "load", pod: `p${index}` }, value: [1, value] })),
    },
  });
const matrix = (...series: [number, string][][]) =>
  JSON.stringify({
    status: "success",
    data: { resultType: "matrix", result: series.map((values) => ({ metric: { pod: "a" }, values })) },
  });
const scalar = (value: string) =>
  JSON.stringify({ status: "success", data: { resultType: "scalar", result: [1, value] } });

describe("an instant query's answer", () => {
  test.each([
    [vector("0.25"), [0.25]],
    [scalar("3"), [3]],
  ])("is a number: %s", (text, values) => {
    expect(readInstant(200, text)).toEqual({ kind: "values", values });
  });

  // edge case 26
  test.each([
    ["an empty list", vector(), "no_data", /answers nothing/],
    ["NaN", vector("NaN"), "no_data", /answers NaN, as a rate without requests does/],
    ["infinity", vector("+Inf"), "invalid", /Infinity at place 1; allowed: finite numbers/],
    ["nothing at all", scalar(""), "no_data", /NaN/],
    ["a range vector", matrix([[1, "1"]]), "invalid", /range vector; allowed: one number/],
    [
      "a text",
      JSON.stringify({ status: "success", data: { resultType: "string", result: [1, "x"] } }),
      "invalid",
      /a text/,
    ],
    ["null", "null", "unavailable", /not as Prometheus does/],
    ["HTML", "<html>", "unavailable", /not JSON/],
    [
      "a query that cannot be parsed",
      JSON.stringify({ status: "error", errorType: "bad_data", error: "unknown function" }),
      "invalid",
      /bad_data: unknown function/,
    ],
    [
      "an overloaded server",
      JSON.stringify({ status: "error", errorType: "timeout", error: "query timed out" }),
      "unavailable",
      /timeout/,
    ],
  ])("that is %s is typed", (_, text, kind, message) => {
    expect(readInstant(200, text)).toEqual({ kind, message: expect.stringMatching(message) });
  });

  // edge case 32
  test("of two series is refused, naming them", () => {
    expect(readInstant(200, vector("1", "2"))).toEqual({
      kind: "invalid",
      message: 'the query answers 2 series: load{pod="p0"}, load{pod="p1"}; allowed: exactly one',
    });
    expect(readInstant(200, vector(..."12345"))).toMatchObject({
      message: expect.stringMatching(/and 2 more; allowed/),
    });
  });

  test("never throws, whatever it is", () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(600), (text, status) => typeof readInstant(status, text).kind === "string"),
    );
    fc.assert(fc.property(fc.json(), (text) => typeof readRange(200, text, 0, 10).kind === "string"));
    const near = fc.record({
      status: fc.constant("success"),
      data: fc.record({ resultType: fc.constantFrom("vector", "matrix", "scalar"), result: fc.jsonValue() }),
    });
    fc.assert(fc.property(near, (body) => typeof readInstant(200, JSON.stringify(body)).kind === "string"));
  });
});

describe("a range query's answer", () => {
  // edge case 27
  test("ends before the window that is not complete yet", () => {
    const text = matrix([
      [10, "1"],
      [20, "2"],
      [30, "3"],
    ]);
    expect(readRange(200, text, 10, 25)).toEqual({ kind: "points", points: [{ at: 20, value: 2 }] });
  });

  // edge case 26
  test.each([
    [
      "gaps left out",
      matrix([
        [1, "NaN"],
        [2, "5"],
      ]),
      { kind: "points", points: [{ at: 2, value: 5 }] },
    ],
    ["nothing but NaN", matrix([[1, "NaN"]]), { kind: "no_data" }],
    ["nothing new", matrix([[0, "1"]]), { kind: "no_data" }],
    ["no series", matrix(), { kind: "no_data" }],
    ["infinity", matrix([[1, "-Inf"]]), { kind: "invalid" }],
    ["two series", matrix([[1, "1"]], [[1, "1"]]), { kind: "invalid" }],
    ["a vector", vector("1"), { kind: "invalid" }],
  ] as [string, string, object][])("with %s is typed", (_, text, outcome) => {
    expect(readRange(200, text, 0, 10)).toMatchObject(outcome);
  });
});
