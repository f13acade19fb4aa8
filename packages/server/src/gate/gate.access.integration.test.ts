import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ensureAdminToken } from "../access/admin-token.ts";
import { type TestApp, testApp } from "../testing/app.ts";

let api: TestApp;
let folder: string;
let admin: string;

beforeAll(async () => {
  api = await testApp({ auth: true });
  folder = await mkdtemp(join(tmpdir(), "sluice-gates-"));
  const path = await ensureAdminToken({ db: api.database.db, dataDir: folder, clock: Date.now });
  admin = (await readFile(path ?? "", "utf8")).trim();
  await ask("POST", "/v1/artifacts", admin, { name: "greeter", kind: "application" });
  await ask("POST", "/v1/artifacts/greeter/versions", admin, { version: "1", spec: { command: ["true"] } });
});
afterAll(async () => {
  await api.close();
  await rm(folder, { recursive: true, force: true });
});

const ask = (method: "GET" | "POST" | "PUT" | "DELETE", path: string, token: string, body?: unknown) =>
  api.ask(method, path, { headers: { authorization: `Bearer ${token}` }, ...(body !== undefined && { body }) });

async function tokenOf(body: object): Promise<string> {
  const { body: answer } = await ask("POST", "/v1/tokens", admin, { name: "t", ...body });
  return (answer as { token: string }).token;
}

const conditions = [{ type: "eval_score", dataset: "smoke", threshold: 0.9 }];
const evaluation = { artifact: "greeter", version: "1", dataset: "smoke", metrics: { score: 1 }, sampleCount: 1 };

test("everybody reads gates and evaluations, deployers record evaluations, only admins write gates", async () => {
  await ask("PUT", "/v1/gates/quality", admin, { conditions });
  for (const role of ["viewer", "deployer", "approver"]) {
    const token = await tokenOf({ role });
    expect(await ask("GET", "/v1/gates", token)).toMatchObject({ status: 200, body: { items: [{ name: "quality" }] } });
    for (const method of ["PUT", "DELETE"] as const) {
      const body = method === "PUT" ? { conditions } : undefined;
      const answer = await ask(method, "/v1/gates/quality", token, body);
      expect(answer).toMatchObject({ status: 403, body: { detail: expect.stringContaining("needs the role admin") } });
    }
    expect(await ask("GET", "/v1/evaluations", token)).toMatchObject({ status: 200 });
    const recorded = await ask("POST", "/v1/evaluations", token, evaluation);
    expect(recorded.status).toBe(role === "viewer" ? 403 : 201);
  }
  expect(await ask("GET", "/v1/gates", "slu_nobody")).toMatchObject({ status: 401 });
});

test("a token of one environment sees the gates asked there, and writes none that reach further", async () => {
  await ask("PUT", "/v1/gates/of-production", admin, { environment: "production", conditions });
  const token = await tokenOf({ role: "admin", environment: "staging" });
  const put = (fields: object, name = "of-staging") =>
    ask("PUT", `/v1/gates/${name}`, token, { ...fields, conditions });

  expect(await put({ environment: "staging" })).toMatchObject({ status: 201 });
  expect(await put({ environment: "production" })).toMatchObject({ status: 403 });
  expect(await put({})).toMatchObject({
    status: 403,
    body: { detail: expect.stringContaining("of every environment") },
  });
  // Neither may it take a gate away from where it is.
  expect(await put({ environment: "staging" }, "of-production")).toMatchObject({ status: 403 });
  expect(await put({ environment: "staging" }, "quality")).toMatchObject({ status: 403 });
  expect(await ask("DELETE", "/v1/gates/of-production", token)).toMatchObject({ status: 403 });
  expect(await ask("GET", "/v1/gates/of-production", token)).toMatchObject({ status: 403 });

  const { body } = await ask("GET", "/v1/gates", token);
  expect(body).toMatchObject({ items: [{ name: "of-staging" }, { name: "quality" }] });
});

test("of another project nothing is to be seen", async () => {
  await ask("POST", "/v1/projects", admin, { name: "search" });
  const token = await tokenOf({ role: "admin", project: "search" });
  expect(await ask("GET", "/v1/gates", token)).toMatchObject({ status: 200, body: { items: [] } });
  expect(await ask("GET", "/v1/gates?project=default", token)).toMatchObject({ status: 403 });
  const { body } = await ask("POST", "/v1/evaluations", admin, evaluation);
  const { id } = body as { id: string };
  expect(await ask("GET", `/v1/evaluations/${id}`, token)).toMatchObject({ status: 404 });
  expect(await ask("GET", `/v1/evaluations/${id}`, admin)).toMatchObject({ status: 200, body: { id } });
});
