import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Delivery, startDelivery } from "../../deployment/testing/delivery.fixture.ts";

let api: Delivery;
beforeAll(async () => {
  api = await startDelivery({ engine: false });
  await api.ask("POST", "/v1/artifacts", { body: { name: "analyst", kind: "agent" } });
  const spec = { command: ["node", "agent.mjs"], workdir: "examples/agent" };
  await api.ask("POST", "/v1/artifacts/analyst/versions", { body: { version: "1.0.0", spec } });
  await api.ask("POST", "/v1/artifacts", { body: { name: "empty", kind: "agent" } });
});
afterAll(() => api.close());

interface Problem {
  detail: string;
  errors?: { field: string; found: unknown; allowed: string }[];
}

const fieldsOf = (body: unknown): string[] => ((body as Problem).errors ?? []).map(({ field }) => field);
const count = async (table: "deployments" | "rollouts" | "agent_rollbacks"): Promise<number> => {
  const { rows } = await api.database.pool.query<{ count: number }>(`select count(*) as count from ${table}`);
  return Number(rows[0]?.count);
};

const DEPLOY = {
  agent_id: "analyst",
  environment: "production",
  version: "1.0.0",
  deployment_options: {
    auto_rollback: true,
    monitoring_level: "comprehensive",
    resource_limits: { memory_mb: 2048, cpu_cores: 2, concurrent_tasks: 10 },
  },
  test_options: {
    performance_test: true,
    load_test: true,
    security_test: true,
    concurrent_users: 50,
    test_duration: 120,
  },
};
const ROLLBACK = {
  deployment_id: "rol_1",
  rollback_reason: "why",
  rollback_options: {
    preserve_data: true,
    force_rollback: false,
    cleanup_resources: true,
    backup_before_rollback: true,
  },
};

/** Every path of a document to a value that is no object. */
const leaves = (value: object, path: string[] = []): string[][] =>
  Object.entries(value).flatMap(([name, inner]) =>
    typeof inner === "object" ? leaves(inner, [...path, name]) : [[...path, name]],
  );

function replaced(document: object, path: readonly string[], value: unknown): object {
  const copy = structuredClone(document);
  let at: object = copy;
  for (const name of path.slice(0, -1)) at = Reflect.get(at, name);
  Reflect.set(at, path.at(-1) ?? "", value);
  return copy;
}

describe.each([
  ["/deploy", DEPLOY],
  ["/rollback", ROLLBACK],
])("POST %s", (url, document) => {
  test.each(leaves(document).map((path) => [path.join("."), path] as const))(
    "%s of another type, empty or enormous is refused by its name, and nothing is made",
    async (name, path) => {
      const before = [await count("deployments"), await count("rollouts"), await count("agent_rollbacks")];
      const isText = typeof path.reduce<unknown>((at, part) => Reflect.get(Object(at), part), document) === "string";
      const wrong = [null, [], {}, isText ? 7 : "seven", "", isText ? "x".repeat(2_000) : 1e300];
      for (const value of wrong) {
        const { status, body } = await api.ask("POST", url, { body: replaced(document, path, value) });
        expect(status, `${name} = ${JSON.stringify(value).slice(0, 40)}`).toBe(400);
        expect(fieldsOf(body)[0], `${name} = ${JSON.stringify(value).slice(0, 40)}`).toContain(name);
      }
      expect([await count("deployments"), await count("rollouts"), await count("agent_rollbacks")]).toEqual(before);
    },
  );

  test("a field that nobody knows is refused, and the known ones are named", async () => {
    const { status, body } = await api.ask("POST", url, { body: { ...document, agentId: "x" } });
    expect(status).toBe(400);
    expect((body as Problem).errors).toMatchObject([{ field: "agentId", allowed: expect.stringContaining("one of ") }]);
  });

  test("a body that is none is refused", async () => {
    for (const body of [null, [], "text", 7]) expect((await api.ask("POST", url, { body })).status).toBe(400);
    expect((await api.ask("POST", url)).status).toBe(400);
  });
});

test.each([
  [{ ...DEPLOY, agent_id: undefined }, "agent_id"],
  [{ ...ROLLBACK, deployment_id: undefined }, "deployment_id"],
])("what is required is missed by its name", async (body, field) => {
  const { status, body: problem } = await api.ask("POST", field === "agent_id" ? "/deploy" : "/rollback", { body });
  expect(status).toBe(400);
  expect((problem as Problem).errors).toMatchObject([{ field, found: null }]);
});

test.each([
  ["an agent that nobody registered", { agent_id: "nobody" }, 404, "agent_id"],
  ["an agent without a version", { agent_id: "empty", version: undefined }, 404, "agent_id"],
  ["an artifact that is no agent", { agent_id: "greeter" }, 409, "agent_id"],
  ["a version that is not there", { version: "9.9.9" }, 404, "version"],
  ["an environment that is not there", { environment: "moon" }, 404, "environment"],
])("%s is refused and says what there is", async (_, change, expected, field) => {
  const before = await count("deployments");
  const { status, body } = await api.ask("POST", "/deploy", { body: { ...DEPLOY, ...change } });
  expect(status, JSON.stringify(body)).toBe(expected);
  expect(fieldsOf(body)).toEqual([field]);
  expect(await count("deployments")).toBe(before);
});

test("limits above the environment's are refused in the request's own words", async () => {
  const limits = { memory_mb: 4096, cpu_cores: 16 };
  const body = { ...DEPLOY, deployment_options: { resource_limits: limits } };
  const answer = await api.ask("POST", "/deploy", { body });
  expect(answer.status).toBe(400);
  expect(fieldsOf(answer.body)).toEqual([
    "deployment_options.resource_limits.memory_mb",
    "deployment_options.resource_limits.cpu_cores",
  ]);
});

test.each(["/deployments/rol_none/status", "/deployments/x/status", "/rollbacks/rbk_none/status"])(
  "GET %s of nothing is not found",
  async (url) => {
    expect(await api.ask("GET", url)).toMatchObject({ status: 404, body: { code: "not_found" } });
  },
);

test("a rollout of something that is no agent is no deployment of an agent", async () => {
  const { rollout } = await api.create("plain");
  expect((await api.ask("GET", `/deployments/${rollout.id}/status`)).status).toBe(404);
  expect((await api.ask("POST", "/rollback", { body: { deployment_id: rollout.id } })).status).toBe(404);
  const { body } = await api.ask("GET", "/deployments?status=all");
  expect(JSON.stringify(body)).not.toContain(rollout.id);
});

test.each(["status=maybe", "limit=0", "cursor=nonsense", "agent=x", "environment=UPPER"])(
  "GET /deployments?%s is refused",
  async (query) => {
    expect((await api.ask("GET", `/deployments?${query}`)).status).toBe(400);
  },
);

describe("another project", () => {
  test("sees nothing of an agent's deployments, may not take them back, and has its own metrics", async () => {
    const own = await startDelivery({ auth: true, engine: false });
    const { tokens } = own.services;
    const token = async (project: string, role: "viewer" | "deployer") => {
      const root = { name: "root", role: "admin" as const, project: null, environment: null };
      const { secret } = await tokens.create(root, {
        name: `${project}-${role}`,
        role,
        project,
        environment: null,
        expiresAt: null,
      });
      return { authorization: `Bearer ${secret}` };
    };
    const root = { name: "root", role: "admin" as const, project: null, environment: null };
    await own.services.projects.create(root, { name: "other" });
    const [ours, readers, theirs] = [
      await token("default", "deployer"),
      await token("default", "viewer"),
      await token("other", "deployer"),
    ];
    await own.ask("POST", "/v1/artifacts", { body: { name: "analyst", kind: "agent" }, headers: ours });
    const spec = { command: ["node", "agent.mjs"], workdir: "examples/agent" };
    await own.ask("POST", "/v1/artifacts/analyst/versions", { body: { version: "1.0.0", spec }, headers: ours });
    const begun = await own.ask("POST", "/deploy", { body: { agent_id: "analyst" }, headers: ours });
    expect(begun.status, begun.text).toBe(200);
    const { deployment_id } = begun.body as { deployment_id: string };

    const json = { accept: "application/json" };
    expect((await own.ask("GET", `/deployments/${deployment_id}/status`, { headers: readers })).status).toBe(200);
    expect((await own.ask("POST", "/deploy", { body: { agent_id: "analyst" }, headers: readers })).status).toBe(403);
    expect((await own.ask("POST", "/rollback", { body: { deployment_id }, headers: readers })).status).toBe(403);
    const stranger = await own.ask("GET", `/deployments/${deployment_id}/status`, { headers: theirs });
    expect(stranger).toMatchObject({
      status: 404,
      body: { detail: `deployment ${deployment_id} of an agent does not exist` },
    });
    expect((await own.ask("POST", "/rollback", { body: { deployment_id }, headers: theirs })).status).toBe(404);
    expect((await own.ask("GET", "/deployments", { headers: theirs })).body).toMatchObject({ deployments: [] });
    const figures = async (headers: Record<string, string>) =>
      (await own.ask("GET", "/metrics", { headers: { ...json, ...headers } })).body;
    expect(await figures(ours)).toMatchObject({ metrics: { active_deployments: 1 } });
    expect(await figures(theirs)).toMatchObject({ metrics: { active_deployments: 0 } });
    expect((await own.ask("GET", "/environments")).status).toBe(401);
    await own.close();
  });
});
