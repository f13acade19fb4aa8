import { expect, test } from "vitest";
import { parseField } from "../validate.ts";
import { specSchemaFor, VERSION_SPECS } from "./version.schema.ts";

const refused = (spec: unknown): unknown => {
  try {
    return parseField(specSchemaFor("model", spec), spec, "spec");
  } catch (error) {
    return error;
  }
};

test("a model with files is told what is wrong with these, and not what programs may say", () => {
  expect(refused({ files: "s3://m", runtime: "onnx", manifest: [{ name: "a", path: "a", bytes: 1 }] })).toMatchObject({
    violations: [{ field: "spec.manifest[0].sha256" }],
  });
  expect(refused({ files: "s3://m", image: "a" })).toMatchObject({
    violations: [{ field: "spec.runtime" }, { field: "spec.image" }],
  });
});

test("a model that answers by itself is read as the program that it is", () => {
  expect(refused({ command: [] })).toMatchObject({ violations: [{ field: "spec.command" }] });
  expect(refused({ image: "a" })).toEqual({ image: "a", env: {} });
  expect(specSchemaFor("prompt", { files: "a" })).toBe(VERSION_SPECS.prompt);
});
