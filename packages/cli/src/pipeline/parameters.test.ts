import { expect, test } from "vitest";
import { readParameters } from "./parameters.ts";

const SCHEMA = {
  top_k: { type: "integer" },
  critical_processes: { type: "array", items: { type: "string" } },
  ports: { type: "array", items: { type: "integer" } },
  collect_host: { type: "boolean" },
  export_to: { type: "string" },
};

test("parameters get the types that the template's schema asks for", () => {
  const written = {
    top_k: "20",
    critical_processes: "nginx,envoy",
    ports: "1,2",
    collect_host: "false",
    export_to: "123",
  };
  expect(readParameters(written, SCHEMA)).toEqual({
    top_k: 20,
    critical_processes: ["nginx", "envoy"],
    ports: [1, 2],
    collect_host: false,
    export_to: "123",
  });
});

test("a list may be empty, and have one entry", () => {
  expect(readParameters({ critical_processes: "" }, SCHEMA)).toEqual({ critical_processes: [] });
  expect(readParameters({ critical_processes: "1" }, SCHEMA)).toEqual({ critical_processes: ["1"] });
});

test("without a schema JSON is JSON, and everything else is a text", () => {
  const written = { a: "1", b: "true", c: "nginx,envoy", d: '["x"]', e: "null" };
  expect(readParameters(written, null)).toEqual({ a: 1, b: true, c: "nginx,envoy", d: ["x"], e: null });
});

test.each([
  [{ top_k: "many" }, "a number"],
  [{ top_k: "" }, "a number"],
  [{ collect_host: "yes" }, "true or false"],
])("%j is refused by name", (written, expected) => {
  expect(() => readParameters(written, SCHEMA)).toThrow(`--param ${Object.keys(written)[0]} is`);
  expect(() => readParameters(written, SCHEMA)).toThrow(`expected ${expected}`);
});
