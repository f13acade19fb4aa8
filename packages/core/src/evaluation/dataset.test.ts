import fc from "fast-check";
import { expect, test } from "vitest";
import { SluiceError } from "../errors.ts";
import { datasetReader } from "./dataset.ts";

const read = datasetReader("smoke.ndjson");
const line = (value: unknown) => read(JSON.stringify(value), 7);

const refusal = (text: string): string => {
  try {
    read(text, 7);
  } catch (error) {
    if (error instanceof SluiceError && error.code === "invalid_argument") return error.message;
    throw error;
  }
  throw new Error(`${text} was accepted`);
};

test("a line has an id, or gets one from its place, and a scorer, or gets the default", () => {
  expect(line({ input: "2+2", expected: "4" })).toEqual({
    id: "line-7",
    line: 7,
    input: "2+2",
    expected: "4",
    scorer: { type: "exact", ignoreCase: false },
  });
  expect(line({ id: 12, input: { q: 1 }, expected: 4, scorer: "numeric" })).toMatchObject({
    id: "12",
    scorer: { type: "numeric", tolerance: 0, relativeTolerance: 0 },
  });
});

test("a blank line is none, and a byte order mark does not matter", () => {
  expect(read("  ", 1)).toBeNull();
  expect(read('\ufeff{"input":1,"expected":1}', 1)).toMatchObject({ input: 1 });
});

test.each([
  ["{", /^smoke\.ndjson:7: the line is not JSON/],
  ["[1]", /^smoke\.ndjson:7: the body is \[1\]; allowed: an object/],
  ['{"expected":"x"}', /^smoke\.ndjson:7: input is missing/],
  ['{"input":"x"}', /^smoke\.ndjson:7: expected is missing; allowed: a JSON value, for scorer exact/],
  ['{"input":"x","expected":"y","scorer":"exactly"}', /scorer/],
  ['{"input":"x","expected":"y","score":1}', /score is 1; allowed: one of id, input, expected, scorer/],
  ['{"input":"x","expected":"(","scorer":"regex"}', /expected is "\("; allowed: a regular expression/],
  ['{"input":"x","expected":"4","scorer":"numeric"}', /expected is "4"; allowed: a number, for scorer numeric/],
  ['{"input":"x","expected":{"type":"nope"},"scorer":"json_schema"}', /allowed: a JSON schema/],
  ['{"input":"x","expected":[],"scorer":"contains"}', /allowed: a text or a list of texts/],
  ['{"input":"x","scorer":{"type":"http","url":"ftp://a"}}', /scorer\.url/],
  ['{"input":"x","expected":1,"scorer":{"type":"numeric","tolerance":-1}}', /tolerance is -1; allowed: at least 0/],
])("%s is refused with file, line, field and what is allowed", (text, message) => {
  expect(refusal(text)).toMatch(message);
});

test("any line is read or refused with its place", () => {
  const scorer = fc.oneof(
    fc.constantFrom("exact", "regex", "numeric", "json_schema", "contains", "http", 7),
    fc.jsonValue(),
  );
  const item = fc.record(
    { id: fc.jsonValue(), input: fc.jsonValue(), expected: fc.jsonValue(), scorer },
    { requiredKeys: [] },
  );
  const text = fc.oneof(
    fc.string(),
    fc.json(),
    item.map((value) => JSON.stringify(value)),
  );
  fc.assert(
    fc.property(text, (anything) => {
      try {
        const found = read(anything, 7);
        if (found !== null) expect(found.id.length).toBeGreaterThan(0);
      } catch (error) {
        expect(error).toBeInstanceOf(SluiceError);
        expect(String(error)).toContain("smoke.ndjson:7: ");
      }
    }),
    { numRuns: 2_000 },
  );
});
