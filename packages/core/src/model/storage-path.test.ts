import fc from "fast-check";
import { expect, test } from "vitest";
import { isKey, parseStoragePath, storagePath } from "./storage-path.ts";

test("a path with the scheme and one without it are the same place", () => {
  const place = { bucket: "models", key: "default/iris/1/model.onnx" };
  expect(parseStoragePath("s3://models/default/iris/1/model.onnx")).toEqual(place);
  expect(parseStoragePath("models/default/iris/1/model.onnx")).toEqual(place);
  expect(parseStoragePath("s3://models/default/iris/1/model.onnx/")).toEqual(place);
});

test.each([
  "",
  "models",
  "models/",
  "s3://",
  "s3:///key",
  "s3://models",
  "/etc/passwd",
  "../models/key",
  "models/../key",
  "models/a/./b",
  "models/a//b",
  "models/a\\b",
  "models/a\0b",
  "MODELS/key",
  "a/key",
  `models/${"k".repeat(1_025)}`,
])("%j is no place", (path) => {
  expect(() => parseStoragePath(path, "input")).toThrow("allowed: s3://bucket/key or bucket/key");
});

test("what is written can be read, and nothing leads out of its bucket", () => {
  const part = fc.string({ minLength: 1, maxLength: 20, unit: "grapheme" });
  const key = fc.array(part, { minLength: 1, maxLength: 5 }).map((parts) => parts.join("/"));
  fc.assert(
    fc.property(key, (text) => {
      if (!isKey(text)) return expect(() => parseStoragePath(`bucket/${text}x/../`)).toThrow();
      expect(parseStoragePath(storagePath({ bucket: "bucket", key: text }))).toEqual({ bucket: "bucket", key: text });
      expect(text.split("/")).not.toContain("..");
    }),
  );
});
