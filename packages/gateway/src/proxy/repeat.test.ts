import fc from "fast-check";
import { expect, test } from "vitest";
import { failureOf } from "./failure.ts";
import { mayRepeat } from "./repeat.ts";

const refused = failureOf(new Error("connect ECONNREFUSED"), false);
const reset = failureOf(new Error("other side closed"), true);
const late = failureOf(Object.assign(new Error("late"), { code: "UND_ERR_HEADERS_TIMEOUT" }), true);

const attempted = (method: string, attempts: number, hasBody = false) => ({
  request: { method, errored: null, complete: true },
  ...{ hasBody, body: null, attempts },
});

test("a connection that cannot be made is tried at three endpoints, whatever is asked", () => {
  for (const method of ["GET", "POST"])
    expect([1, 2, 3].map((count) => mayRepeat(refused, attempted(method, count, true)))).toEqual([true, true, false]);
});

test("a reset is tried once more where the request changes nothing", () => {
  expect([1, 2].map((count) => mayRepeat(reset, attempted("GET", count)))).toEqual([true, false]);
  expect(mayRepeat(reset, attempted("POST", 1))).toBe(false);
  expect(mayRepeat(reset, attempted("GET", 1, true))).toBe(false);
});

test("an instance that is late may be working still: it is not asked again", () => {
  fc.assert(
    fc.property(
      fc.constantFrom("GET", "HEAD", "OPTIONS", "POST", "PUT"),
      fc.nat(4),
      fc.boolean(),
      (method, count, body) => {
        expect(mayRepeat(late, attempted(method, count, body))).toBe(false);
      },
    ),
  );
});
