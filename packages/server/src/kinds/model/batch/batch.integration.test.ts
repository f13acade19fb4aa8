import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ServerProcess, serverProcess } from "../../../testing/server.process.ts";
import { IRIS, upload } from "../testing/models.fixture.ts";

let server: ServerProcess;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sluice-batch-"));
  server = await serverProcess(join(folder, "data"));
  await server.start();
  await server.call("POST", "/api/v1/models", { name: "iris" });
  await server.call("POST", "/api/v1/models/1/versions", {});
  await upload(server.url, 1, [["file", { name: "model.onnx", content: IRIS }]]);
  await server.call("POST", "/api/v1/versions/1/deployments", { replicas: 1 });
});
afterAll(async () => {
  await server.kill();
  await server.down();
  await rm(folder, { recursive: true, force: true });
});

interface Batch {
  id: number;
  status: string;
  lines: number;
  failed_lines: number;
  reason: string | null;
}

async function submit(name: string, content: string, fields: Record<string, string> = {}) {
  const form = new FormData();
  for (const [key, value] of Object.entries({ deployment_id: "1", ...fields })) form.append(key, value);
  form.append("file", new Blob([content]), name);
  const answer = await fetch(`${server.url}/api/v1/batches`, { method: "POST", body: form });
  return { status: answer.status, body: (await answer.json()) as Batch & { detail?: string } };
}
const read = (id: number): Promise<Batch> => server.call<Batch>("GET", `/api/v1/batches/${id}`);
const ended = (id: number) => expect.poll(async () => (await read(id)).status);
const outputOf = async (id: number) => {
  const text = await (await fetch(`${server.url}/api/v1/batches/${id}/output`)).text();
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { line: number; prediction?: { label: number }; error?: string });
};

test("every line of a CSV file gets its prediction, in order", async () => {
  const { status, body } = await submit("flowers.csv", "a,b,c,d\n5.1,3.5,1.4,0.2\n6.3,3.3,6.0,2.5\n");
  expect(status).toBe(202);
  await ended(body.id).toBe("completed");
  expect(await read(body.id)).toMatchObject({ lines: 2, failed_lines: 0, reason: null });
  expect(await outputOf(body.id)).toMatchObject([
    { line: 1, prediction: { label: 0 } },
    { line: 2, prediction: { label: 2 } },
  ]);
});

test("a bad line has an error of its own, and the others their predictions", async () => {
  const lines = ["[5.1, 3.5, 1.4, 0.2]", "{", "[1, 2]", '["a","b","c","d"]', "[6.3, 3.3, 6, 2.5]"];
  const { body } = await submit("flowers.ndjson", `${lines.join("\n")}\n`);
  await ended(body.id).toBe("completed");
  expect(await read(body.id)).toMatchObject({ lines: 5, failed_lines: 3 });
  expect(await outputOf(body.id)).toMatchObject([
    { line: 1, prediction: { label: 0 } },
    { line: 2, error: "the line is no JSON" },
    { line: 3, error: expect.stringContaining("400") },
    { line: 4, error: expect.stringContaining("400") },
    { line: 5, prediction: { label: 2 } },
  ]);
});

test("a job goes on after its server is killed: no line is lost, none is there twice", async () => {
  const count = 6_000;
  const content = Array.from({ length: count }, (_, index) => `[${index / 1_000}, 3.5, 1.4, 0.2]\n`).join("");
  const { body } = await submit("many.ndjson", content, { batch_size: "8", concurrency: "2" });
  await expect.poll(async () => (await read(body.id)).lines).toBeGreaterThan(0);
  await server.kill();
  await server.start();
  expect((await read(body.id)).lines).toBeLessThan(count);
  await expect.poll(async () => (await read(body.id)).status, { timeout: 170_000 }).toBe("completed");
  const output = await outputOf(body.id);
  expect(output.map(({ line }) => line)).toEqual(Array.from({ length: count }, (_, index) => index + 1));
  expect(output.every(({ prediction }) => prediction !== undefined)).toBe(true);
  expect((await read(body.id)).lines).toBe(count);
});

test("a job can be cancelled, and has no output then", async () => {
  const { body } = await submit("many.ndjson", "[1, 2, 3, 4]\n".repeat(50_000), { batch_size: "1", concurrency: "1" });
  const cancelled = await server.call<Batch>("POST", `/api/v1/batches/${body.id}/cancel`);
  expect(cancelled).toMatchObject({ status: "cancelled", reason: "cancelled by local" });
  expect((await fetch(`${server.url}/api/v1/batches/${body.id}/output`)).status).toBe(409);
  expect(await server.call("POST", `/api/v1/batches/${body.id}/cancel`)).toMatchObject({ status: "cancelled" });
});

test.each([
  ["a deployment that is not there", "x.csv", { deployment_id: "99" }, 404],
  ["a file that says not what it is", "x.txt", {}, 400],
  ["too many at once", "x.csv", { concurrency: "1000" }, 400],
  ["a field that means nothing", "x.csv", { colour: "red" }, 400],
  ["a name with folders", "../x.csv", {}, 400],
])("refused: %s", async (_what, name, fields, status) => {
  expect((await submit(name, "a\n1\n", fields)).status).toBe(status);
});

test("files of other places are not read", async () => {
  for (const input of [
    "s3://models/other/x.csv",
    "s3://elsewhere/default/x.csv",
    "models/default/../other/x.csv",
    "/etc/passwd",
  ]) {
    const answer = await fetch(`${server.url}/api/v1/batches`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ deployment_id: 1, input }),
    });
    expect(answer.status, input).toBe(400);
  }
});
