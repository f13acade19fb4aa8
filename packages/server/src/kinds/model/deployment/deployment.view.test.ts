import { expect, test } from "vitest";
import { readConfig } from "../../../config.ts";
import { predictUrl } from "./deployment.view.ts";

const GATEWAY = "http://127.0.0.1:30080";

test.each([
  [{}, "http://localhost:30080/api/v1/predict/1"],
  [{ INGRESS_HOST: "models.example" }, "http://models.example:30080/api/v1/predict/1"],
  [{ INGRESS_HOST: "models.example:80" }, "http://models.example/api/v1/predict/1"],
  [{ INGRESS_HOST: "models.example:8443", INGRESS_BASE_PATH: "/models/" }, "http://models.example:8443/models/1"],
  [{ INGRESS_HOST: "theirs", SLUICE_INGRESS_HOST: "ours" }, "http://ours:30080/api/v1/predict/1"],
])("with %j predictions are at %s", (environment, url) => {
  expect(predictUrl(1, readConfig(environment).models, GATEWAY)).toBe(url);
});

test.each([
  ["INGRESS_HOST", "http://x/y", "a host, and a port where it is not the gateway's"],
  ["INGRESS_BASE_PATH", "predict", "a path such as /api/v1/predict"],
  ["MINIO_ENDPOINT", "a b", "host:port"],
  ["MINIO_BUCKET_NAME", "No", "3 to 63"],
  ["MINIO_USE_SSL", "maybe", "true"],
  ["SLUICE_UPLOAD_LIMIT", "-1", "1024"],
])("a bad %s is refused by its name", (name, value, allowed) => {
  expect(() => readConfig({ [name]: value })).toThrow(`${name} is ${JSON.stringify(value)}`);
  expect(() => readConfig({ [name]: value })).toThrow(allowed);
});

test("the variables of MinIO are read, and ours win over them", () => {
  const theirs = {
    MINIO_ENDPOINT: "minio:9000",
    MINIO_ACCESS_KEY: "key",
    MINIO_SECRET_KEY: "secret",
    MINIO_BUCKET_NAME: "theirs",
    MINIO_USE_SSL: "True",
  };
  const storage = { type: "s3", region: "us-east-1", accessKey: "key", secretKey: "secret" };
  expect(readConfig(theirs).models.storage).toEqual({ ...storage, endpoint: "https://minio:9000", bucket: "theirs" });
  const ours = { ...theirs, SLUICE_S3_ENDPOINT: "garage:3900", SLUICE_S3_SSL: "off", SLUICE_S3_BUCKET: "ours" };
  expect(readConfig(ours).models.storage).toEqual({ ...storage, endpoint: "http://garage:3900", bucket: "ours" });
  expect(readConfig({ ...theirs, SLUICE_STORAGE: "folder" }).models.storage).toEqual({
    type: "folder",
    bucket: "theirs",
  });
  expect(readConfig({}).models.storage).toEqual({ type: "folder", bucket: "models" });
});
