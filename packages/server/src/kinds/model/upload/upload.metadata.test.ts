import { expect, test } from "vitest";
import { readMetadata } from "./upload.metadata.ts";

const base64 = (text: string): string => Buffer.from(text).toString("base64");
const SUM = "ab".repeat(32);

test("the name of a file is read, and what it must come to", () => {
  const header = `filename ${base64("model.onnx")}`;
  expect(readMetadata(header)).toEqual({
    name: "model.onnx",
    sha256: null,
    fingerprint: null,
    more: false,
    header,
  });
  const more = `filename ${base64("model.onnx")}, sha256 ${base64(SUM.toUpperCase())},more,is_public,fingerprint ${base64("1 é")}`;
  expect(readMetadata(more)).toEqual({ name: "model.onnx", sha256: SUM, fingerprint: "1 é", more: true, header: more });
});

test.each([
  ["", "headers.upload-metadata"],
  ["filename", "headers.upload-metadata.filename"],
  ["filename not-base64!", "headers.upload-metadata"],
  [`filename ${base64("../model.onnx")}`, "headers.upload-metadata.filename"],
  [`name ${base64("model.onnx")}`, "headers.upload-metadata.filename"],
  [`filename ${base64("model.onnx")},sha256 ${base64("abc")}`, "headers.upload-metadata.sha256"],
  [`filename ${base64("model.onnx")},fingerprint ${base64("x".repeat(300))}`, "headers.upload-metadata.fingerprint"],
])("%j is refused by the name of what is wrong", (header, field) => {
  expect(() => readMetadata(header)).toThrow(
    expect.objectContaining({ code: "invalid_argument", violations: [expect.objectContaining({ field })] }),
  );
});
