import fc from "fast-check";
import { expect, test } from "vitest";
import type { TestAnswer } from "./answer.ts";
import { countExpectations, unmetExpectations } from "./expectation.ts";
import { type FunctionalTest, testOptionsSchema } from "./test-options.schema.ts";

const expectation = (given: object): FunctionalTest["expect"] => {
  const [test] = testOptionsSchema.parse({
    functional: [{ name: "t", request: { path: "/" }, expect: given }],
  }).functional;
  if (test === undefined) throw new Error("there is one");
  return test.expect;
};

const answer = (given: Partial<TestAnswer> = {}): TestAnswer => ({
  status: 200,
  headers: { "content-type": "application/json" },
  body: '{"items":[{"id":1,"name":"a"},{"id":2}],"note":null}',
  truncated: false,
  ms: 12,
  ...given,
});

const good = {
  headers: { "Content-Type": "application/json" },
  bodyContains: '"items"',
  bodyMatches: '^\\{"items"',
  json: { "$.items[0].id": 1, "$.items[*].id": 2, "$.note": null, "$.items[0]": { name: "a", id: 1 } },
  jsonSchema: { type: "object", required: ["items"], properties: { items: { type: "array", minItems: 2 } } },
  maxMs: 12,
};

test("an answer that is as expected leaves nothing unmet", () => {
  expect(unmetExpectations(expectation(good), answer())).toEqual([]);
  expect(countExpectations(expectation(good))).toBe(10);
});

test.each([
  [{ status: 201 }, {}, /^status is 200, expected 201/],
  [{ headers: { "x-a": "1" } }, {}, /^header x-a is missing, expected "1"$/],
  [
    { headers: { "content-type": "text/plain" } },
    {},
    /^header content-type is "application\/json", expected "text\/plain"$/,
  ],
  [
    { bodyContains: "hello world" },
    { body: "well, hello there" },
    /^body is …"hello there", expected to contain "hello world"$/,
  ],
  [{ bodyMatches: "^x+$" }, {}, /expected to match \/\^x\+\$\//],
  [{ json: { "$.items[0].id": 7 } }, {}, /^\$\.items\[0\]\.id is 1, expected 7$/],
  [{ json: { "$.nowhere": 7 } }, {}, /^\$\.nowhere is nothing, expected 7$/],
  [{ json: { "$.items[*].id": 9 } }, {}, /is 2 other values, expected 9$/],
  [{ json: { "$.a": 1 } }, { body: "<html>" }, /^body is "<html>", expected JSON$/],
  [{ jsonSchema: { required: ["price"] } }, {}, /does not fit the JSON schema: .*'price'/],
  [{ jsonSchema: { type: "object" } }, { truncated: true }, /longer than what is read/],
  [{ maxMs: 11 }, {}, /^the answer took 12 ms, expected at most 11 ms$/],
])("%j against %j is named", (given, found, sentence) => {
  const unmet = unmetExpectations(expectation(given), answer(found));
  expect(unmet).toHaveLength(1);
  expect(unmet[0]).toMatch(sentence);
});

test("a document nested too deeply is a failure, not a crash", () => {
  const body = "[".repeat(200_000) + "]".repeat(200_000);
  const unmet = unmetExpectations(expectation({ json: { "$..a": 1 } }), answer({ body }));
  expect(unmet).toHaveLength(1);
});

test("whatever is answered, the judgement ends in sentences", () => {
  const anything = fc.record({
    status: fc.integer({ min: 100, max: 599 }),
    headers: fc.dictionary(fc.string(), fc.string()),
    body: fc.oneof(fc.string(), fc.json(), fc.string({ unit: "binary-ascii" })),
    truncated: fc.boolean(),
    ms: fc.double({ min: 0, noNaN: true }),
  });
  const wanted = expectation(good);
  fc.assert(
    fc.property(anything, (found) => {
      for (const sentence of unmetExpectations(wanted, found)) expect(sentence.length).toBeLessThan(2_000);
    }),
    { numRuns: 50 },
  );
});

test("a JSON value is always equal to itself", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      // Zod leaves out a key that objects reserve.
      fc.pre(!JSON.stringify(value).includes("__proto__"));
      const text = JSON.stringify({ value });
      const unmet = unmetExpectations(
        expectation({ json: { "$.value": JSON.parse(text).value } }),
        answer({ body: text }),
      );
      expect(unmet).toEqual([]);
    }),
  );
});
