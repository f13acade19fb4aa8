import { configSchema, targetSchema } from "@sluice/core";
import { expect, test } from "vitest";
import { readConfig } from "../../../config.ts";
import { chartProgram, imageOf } from "./chart.recipe.ts";

const S3 = { SLUICE_S3_ACCESS_KEY: "AKIA-1", SLUICE_S3_SECRET_KEY: "s3cret", SLUICE_S3_REGION: "eu-west-1" };
const SPEC = {
  files: "models/default/iris/1",
  runtime: "onnx" as const,
  manifest: [{ name: "model.onnx", path: "u1/model.onnx", bytes: 7, sha256: "ab".repeat(32) }],
};
const MADE = {
  ...{ deployment: "dep_1", project: "default", environment: "production", name: "model-1-1700000000" },
  ...{ revision: 1, version: "1", spec: SPEC },
  config: configSchema.parse({ resources: { limits: { cpu: "1500m" } } }),
  target: targetSchema.parse({ type: "kubernetes" }),
};
const modelsOf = (variables: Record<string, string>) => readConfig({ ...S3, ...variables }).models;

test("the chart is told where the files are and what they must be, and its keys are kept apart", () => {
  const models = modelsOf({
    SLUICE_S3_ENDPOINT: "http://storage.example:9000",
    SLUICE_MODEL_IMAGE: "mine:5000/server:2",
  });
  const { recipe } = chartProgram(SPEC, MADE, "iris", models);
  expect(recipe).toEqual({
    type: "chart",
    chart: expect.stringMatching(/\/charts\/model-serving$/),
    values: {
      model: {
        ...{ name: "iris", version: "1", path: "s3://models/default/iris/1", threads: 2 },
        files: [{ name: "model.onnx", path: "u1/model.onnx", sha256: "ab".repeat(32) }],
      },
      s3: { endpoint: "http://storage.example:9000", region: "eu-west-1" },
      image: { repository: "mine:5000/server", tag: "2" },
      ingress: { enabled: false },
    },
    secrets: { s3: { accessKey: "AKIA-1", secretKey: "s3cret" } },
  });
});

test.each([
  [{ MINIO_ENDPOINT: "localhost:9000" }, "http://minio:9000"],
  [{ MINIO_ENDPOINT: "127.0.0.1:9000", MINIO_USE_SSL: "true" }, "https://minio:9000"],
  [{ MINIO_ENDPOINT: "localhost:9000", MINIO_CLUSTER_ENDPOINT: "minio.storage:9000" }, "http://minio.storage:9000"],
  [
    { MINIO_ENDPOINT: "localhost:9000", MINIO_CLUSTER_ENDPOINT: "a:1", SLUICE_S3_CLUSTER_ENDPOINT: "https://b:2" },
    "https://b:2",
  ],
  [{ SLUICE_S3_ENDPOINT: "https://s3.example" }, "https://s3.example"],
  [{ SLUICE_STORAGE: "s3" }, null],
])("with %j pods reach the storage at %s", (variables, endpoint) => {
  expect(modelsOf(variables).cluster.endpoint).toBe(endpoint);
});

test.each([
  ["server", { repository: "server", tag: "" }],
  ["mine:5000/server", { repository: "mine:5000/server", tag: "" }],
  ["mine:5000/server:2", { repository: "mine:5000/server", tag: "2" }],
  [`server@sha256:${"a".repeat(64)}`, { repository: "server", digest: `sha256:${"a".repeat(64)}` }],
])("the image %s has its parts", (image, parts) => expect(imageOf(image)).toEqual(parts));

test.each([
  ["SLUICE_MODEL_IMAGE", "not an image"],
  ["SLUICE_S3_CLUSTER_ENDPOINT", "a b"],
])("a bad %s is refused by its name", (name, value) => {
  expect(() => readConfig({ [name]: value })).toThrow(`${name} is ${JSON.stringify(value)}`);
});
