import { targetSchema, VERSION_SPECS } from "@sluice/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type CandidateFixture, candidateFixture } from "../../engine/checks/testing/candidate.fixture.ts";
import { type TestDatabase, testDatabase } from "../../testing/database.ts";

let database: TestDatabase;
let fixture: CandidateFixture;
beforeAll(async () => {
  database = await testDatabase();
  fixture = await candidateFixture(database);
});
afterAll(async () => {
  await fixture.close();
  await database.close();
});

const CLUSTER = targetSchema.parse({ type: "kubernetes" });
const targets = new Set(["kubernetes"]);
const model = (runtime: string) => ({
  kind: "model" as const,
  target: CLUSTER,
  spec: VERSION_SPECS.model.parse({ files: "s3://models/default/iris/1", runtime }),
});

test("models are served in a cluster when their files are where pods can fetch them", async () => {
  expect(await fixture.failures(model("onnx"), { targets, storage: "s3" })).toEqual([]);
  const found = await fixture.run(model("joblib"), { targets, storage: "s3" });
  expect(found.filter(({ name }) => name.startsWith("model-"))).toMatchObject([
    { name: "model-runtime", passed: true, message: "models of the runtime joblib are served by the model server" },
    { name: "model-storage", passed: true },
    { name: "model-files", passed: true },
  ]);
});

test("files in a folder of the server are refused for a cluster, before anything moves", async () => {
  expect(await fixture.failures(model("onnx"), { targets })).toEqual([
    "model-storage (critical): the files of models are in a folder of this server, where no pod can fetch them; keep them in S3 (SLUICE_S3_ENDPOINT)",
  ]);
});

test("what nothing serves is refused in a cluster as on a machine", async () => {
  expect(await fixture.failures(model("none"), { targets, storage: "s3" })).toEqual([
    "model-runtime (critical): nothing here serves models of the runtime none; those of onnx and joblib are served",
  ]);
});
