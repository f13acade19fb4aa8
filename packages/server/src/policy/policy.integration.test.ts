import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type TestApp, testApp } from "../testing/app.ts";

let api: TestApp;

beforeAll(async () => {
  api = await testApp();
  await api.ask("POST", "/v1/artifacts", { body: { name: "greeter", kind: "application" } });
  const spec = { command: ["node", "server.mjs"], env: { MODE: "good" } };
  await api.ask("POST", "/v1/artifacts/greeter/versions", { body: { version: "1.0.0", spec } });
});

afterAll(() => api.close());

const put = (name: string, body: object) => api.ask("PUT", `/v1/policies/${name}`, { body });
const remove = (name: string) => api.ask("DELETE", `/v1/policies/${name}`);

/** What validation would say of policies, for a deployment of the greeter with this configuration. */
async function judged(config: object = {}, environment = "production") {
  const body = { name: "planned", artifact: "greeter", version: "1.0.0", environment, config };
  const { body: plan } = await api.ask("POST", "/v1/rollouts/plan", { body });
  const { validations } = plan as {
    validations: { name: string; passed: boolean; severity: string; message: string }[];
  };
  return validations.filter(({ name }) => name.startsWith("policy"));
}

test("a policy is made, read, replaced, listed and deleted, each change in the audit", async () => {
  expect(await put("replicas", { expression: "config.replicas >= 2" })).toMatchObject({
    status: 201,
    body: { name: "replicas", severity: "critical", environment: null, enabled: true },
  });
  expect((await put("replicas", { expression: "config.replicas >= 3" })).status).toBe(200);
  expect(await api.ask("GET", "/v1/policies")).toMatchObject({
    body: { items: [{ name: "replicas" }], nextCursor: null },
  });
  expect((await remove("replicas")).status).toBe(204);
  expect((await remove("replicas")).status).toBe(404);
  const { text } = await api.ask("GET", "/v1/audit");
  for (const action of ["policy.create", "policy.update", "policy.delete"]) expect(text).toContain(action);
});

describe("validation", () => {
  test("asks those that reach the candidate, and says which rule is not met, at its severity", async () => {
    await put("many", {
      expression: "int(config.replicas) >= 2",
      description: "two of everything",
      environment: "production",
    });
    await put("models-only", { expression: "false", kind: "model" });
    await put("others-only", { expression: "false", artifact: "somebody-else" });
    await put("asleep", { expression: "false", enabled: false });
    await put("advice", { expression: 'strategy.type != "immediate"', severity: "low" });
    expect(await judged({ replicas: 1 })).toMatchObject([
      { name: "policy/advice", severity: "low" },
      {
        name: "policy/many",
        passed: false,
        severity: "critical",
        message: expect.stringContaining("two of everything"),
      },
    ]);
    expect((await judged({ replicas: 2 })).find(({ name }) => name === "policy/many")).toMatchObject({ passed: true });
    expect((await judged({ replicas: 1 }, "development")).map(({ name }) => name)).toEqual(["policy/advice"]);
    for (const name of ["many", "models-only", "others-only", "asleep", "advice"]) await remove(name);
  });

  test("takes a rule that cannot be answered for one that is not met, and says why", async () => {
    await put("asks-too-much", { expression: "version.spec.sbom.size() > 0" });
    await put("asks-first", { expression: "!has(version.spec.sbom) || version.spec.sbom.size() > 0" });
    expect(await judged()).toMatchObject([
      { name: "policy/asks-first", passed: true },
      { name: "policy/asks-too-much", passed: false, message: expect.stringContaining("ask has() first") },
    ]);
    await remove("asks-too-much");
    await remove("asks-first");
  });

  test("knows the names of variables and never their values", async () => {
    await put("peeks", { expression: '"MODE" in version.spec.env' });
    expect(await judged()).toMatchObject([{ passed: true }]);
    await put("peeks", { expression: 'version.spec.env == ["MODE"]' });
    expect(await judged()).toMatchObject([{ passed: true }]);
    await remove("peeks");
  });
});

describe("what is refused", () => {
  test.each([
    ["no expression", {}, "expression"],
    ["one that does not compile", { expression: "config.replicas >=" }, "expression"],
    ["one that names what is not there", { expression: "deployment.name == 'x'" }, "expression"],
    ["one that is no condition", { expression: "'text'" }, "expression"],
    ["a severity that is none", { expression: "true", severity: "deadly" }, "severity"],
    ["a kind that is none", { expression: "true", kind: "poem" }, "kind"],
    ["a field that is none", { expression: "true", colour: "red" }, "colour"],
  ])("%s, by its field", async (_what, body, field) => {
    expect(await put("odd", body)).toMatchObject({ status: 400, body: { errors: [{ field }] } });
    expect((await api.ask("GET", "/v1/policies/odd")).status).toBe(404);
  });

  test("a policy by who is no administrator", async () => {
    const guarded = await testApp({ auth: true, database: api.database });
    const { body } = await api.ask("POST", "/v1/tokens", { body: { name: "ci", role: "deployer" } });
    const headers = { authorization: `Bearer ${(body as { token: string }).token}` };
    const written = await guarded.ask("PUT", "/v1/policies/mine", { body: { expression: "true" }, headers });
    expect(written.status).toBe(403);
    expect((await guarded.ask("GET", "/v1/policies", { headers })).status).toBe(200);
    await guarded.app.close();
  });
});
