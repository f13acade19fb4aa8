import { expect, test } from "vitest";
import { fetchOptions, serveOptions } from "./image.config.ts";

const PLACE = { MODEL_BUCKET: "models", MODEL_KEY: "default/iris/1" };
const KEYS = { AWS_ACCESS_KEY_ID: "AKIA-1", AWS_SECRET_ACCESS_KEY: "s3cret" };
const FILE = { name: "model.onnx", path: "u1/model.onnx", sha256: "ab".repeat(32) };

test("bucket and key are a place, and an endpoint without a scheme gets the one that is asked for", () => {
  expect(fetchOptions({ ...PLACE, S3_ENDPOINT: "minio:9000" })).toEqual({
    path: "models/default/iris/1",
    files: null,
    s3: { endpoint: "http://minio:9000", region: "us-east-1", keys: null },
    folder: "/models",
  });
  const endpointOf = (variables: Record<string, string>) => fetchOptions({ ...PLACE, ...variables }).s3.endpoint;
  expect(endpointOf({ S3_ENDPOINT: "minio:9000", S3_USE_SSL: "true" })).toBe("https://minio:9000");
  expect(endpointOf({ S3_ENDPOINT: "http://minio:9000", S3_USE_SSL: "true" })).toBe("http://minio:9000");
  expect(endpointOf({ S3_ENDPOINT: "" })).toBeNull();
});

test("files have the content that they must have, and keys are taken as a pair", () => {
  const options = fetchOptions({ ...PLACE, ...KEYS, MODEL_FILES: JSON.stringify([FILE]) });
  expect(options.files).toEqual([FILE]);
  expect(options.s3.keys).toEqual({ access: "AKIA-1", secret: "s3cret" });
  expect(fetchOptions({ ...PLACE, AWS_ACCESS_KEY_ID: "AKIA-1" }).s3.keys).toBeNull();
});

test.each([
  ["MODEL_BUCKET", { MODEL_KEY: "key" }],
  ["MODEL_KEY", { MODEL_BUCKET: "models", MODEL_KEY: "" }],
  ["MODEL_FILES", { ...PLACE, MODEL_FILES: "{" }],
  ["MODEL_FILES", { ...PLACE, MODEL_FILES: JSON.stringify([{ ...FILE, sha256: "short" }]) }],
  ["S3_USE_SSL", { ...PLACE, ...KEYS, S3_USE_SSL: "s3cret" }],
])("a bad %s is named, without what it was: %j", (name, environment) => {
  expect(() => fetchOptions(environment)).toThrow(name);
  expect(() => fetchOptions(environment)).not.toThrow("s3cret");
});

test("what installs packages knows where they are, and no keys", () => {
  const variables = { PATH: "/bin", PIP_INDEX_URL: "http://index", https_proxy: "http://proxy" };
  const options = serveOptions({ ...variables, ...KEYS, TOKEN: "s3cret", MODEL_THREADS: "2", BASE_PATH: "/predict/1" });
  expect(options).toMatchObject({ name: "model", version: "1", threads: 2, basePath: "/predict/1", python: "python3" });
  expect(options.programEnv).toEqual(variables);
});

test.each([
  ["MODEL_THREADS", "many"],
  ["BASE_PATH", "predict"],
])("a bad %s is named: %j", (name, value) => {
  expect(() => serveOptions({ [name]: value })).toThrow(name);
});
