import fc from "fast-check";
import { expect, test } from "vitest";
import { SluiceError } from "../errors.ts";
import { readGeneric } from "./generic.ts";

const NOTHING = { repository: null, branch: null, tag: null, commit: null, paths: null, inputs: {} };

test("an empty body is an event about nothing", () => {
  for (const body of [undefined, null, {}]) expect(readGeneric(body)).toEqual({ ...NOTHING, type: "custom" });
});

test("a tag or a branch makes it a tag or a push, also as a ref", () => {
  expect(readGeneric({ tag: "v1" })).toEqual({ ...NOTHING, type: "tag", tag: "v1" });
  expect(readGeneric({ ref: "refs/tags/v1" })).toEqual({ ...NOTHING, type: "tag", tag: "v1" });
  expect(readGeneric({ ref: "refs/heads/a/b", commit: "4b825dc" })).toMatchObject({ type: "push", branch: "a/b" });
});

test("the envelope of Standard Webhooks is opened", () => {
  const envelope = {
    type: "image.pushed",
    timestamp: "2026-11-21T10:00:00Z",
    data: { tag: "v2", inputs: { env: "eu" } },
  };
  expect(readGeneric(envelope)).toEqual({ ...NOTHING, type: "tag", tag: "v2", inputs: { env: "eu" } });
});

test.each([
  [{ tag: "" }, "tag"],
  [{ tag: "a\nb" }, "tag"],
  [{ commit: "main" }, "commit"],
  [{ paths: "src" }, "paths"],
  [{ inputs: { "a b": "c" } }, "inputs"],
  [{ type: "x", data: { tag: 7 } }, "data.tag"],
  [[], ""],
])("%j is refused with the field that is wrong", (body, field) => {
  const error = fc.sample(fc.constant(body), 1).map((one) => thrown(() => readGeneric(one)))[0];
  expect(error).toMatchObject({ code: "invalid_argument" });
  expect(error instanceof SluiceError ? error.violations[0]?.field : "").toContain(field);
});

test("whatever JSON comes is read, or refused as an argument", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (body) => {
      const error = thrown(() => readGeneric(body));
      expect(error === null || (error instanceof SluiceError && error.code === "invalid_argument")).toBe(true);
    }),
  );
});

function thrown(work: () => unknown): unknown {
  try {
    work();
    return null;
  } catch (error) {
    return error;
  }
}
