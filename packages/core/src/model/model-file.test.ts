import { expect, test } from "vitest";
import { checkedSha256, checkFileName, modelFileOf } from "./model-file.ts";

test.each(["model.joblib", "model.onnx", "requirements.txt", "weights-v1.2+cpu.bin"])("%s may be a file", (name) => {
  expect(() => checkFileName(name, "file")).not.toThrow();
});

test.each([
  "",
  "..",
  "../model.onnx",
  "/etc/passwd",
  "a/b.onnx",
  "a\\b",
  "model\0.onnx",
  "modèle.onnx",
  ".hidden",
  "C:x",
  "a".repeat(129),
])("%j may be no file", (name) => {
  expect(() => checkFileName(name, "file")).toThrow("without folders");
});

test.each(["bomb.zip", "model.tar.gz", "Model.TGZ", "x.7z"])("the archive %s is refused, not unpacked", (name) => {
  expect(() => checkFileName(name, "file")).toThrow("archives are not unpacked");
});

test("the model is found among its files, and what serves it follows from its name", () => {
  expect(modelFileOf([])).toBeNull();
  expect(modelFileOf(["requirements.txt"])).toBeNull();
  expect(modelFileOf(["requirements.txt", "model.joblib"])).toEqual({ name: "model.joblib", runtime: "joblib" });
  expect(modelFileOf(["encoder.onnx", "model.onnx"])).toEqual({ name: "model.onnx", runtime: "onnx" });
  expect(modelFileOf(["b.onnx", "a.onnx"])).toEqual({ name: "a.onnx", runtime: "onnx" });
  expect(modelFileOf(["weights.bin", "requirements.txt"])).toEqual({ name: "weights.bin", runtime: "none" });
});

test("a checksum is 64 hexadecimal digits, in either case", () => {
  const hex = "ab".repeat(32);
  expect(checkedSha256(hex.toUpperCase(), "sha256")).toBe(hex);
  expect(checkedSha256(`sha256:${hex}`, "sha256")).toBe(hex);
  expect(() => checkedSha256("abc", "sha256")).toThrow(
    'sha256 is "abc"; allowed: the SHA-256 of the file: 64 hexadecimal digits',
  );
});
