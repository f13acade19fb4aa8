import fc from "fast-check";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { yamlOf } from "./yaml.ts";

test("reads like something that people have written", () => {
  const value = {
    kind: "Deployment",
    version: "1.10",
    strategy: { type: "canary", steps: [{ setWeight: 5 }, { wait: { approval: true } }], tests: {} },
    config: { env: { ON: "yes", AT: "http://127.0.0.1:80/x", SAID: "a: b # c" }, tags: [] },
    left: undefined,
  };
  expect(yamlOf(value)).toBe(`kind: Deployment
version: "1.10"
strategy:
  type: canary
  steps:
    - setWeight: 5
    - wait:
        approval: true
  tests: {}
config:
  env:
    "ON": "yes"
    AT: http://127.0.0.1:80/x
    SAID: "a: b # c"
  tags: []
`);
});

test("is read back as it was by a reader of either version of YAML, whatever stands in it", () => {
  const texts = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.string({ unit: fc.constantFrom(..."ab1.0:/#-+@ _'\"\n\t{[&*!|>%") }),
    fc.constantFrom(
      "1.10",
      "1.0.0",
      "0x1f",
      "1e3",
      "12:30",
      "2026-11-22",
      "~",
      "Null",
      "No",
      ".inf",
      "<<",
      "=",
      "a: b",
    ),
  );
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 2 },
      fc.oneof(texts, fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean(), fc.constant(null)),
      fc.array(tie("value"), { maxLength: 4 }),
      fc.dictionary(texts, tie("value"), { maxKeys: 4 }),
    ),
  }));
  fc.assert(
    fc.property(fc.dictionary(texts, value), (wanted) => {
      const text = yamlOf(wanted);
      for (const version of ["1.1", "1.2"] as const)
        expect(parse(text, { version, merge: false })).toEqual(JSON.parse(JSON.stringify(wanted)));
    }),
  );
});
