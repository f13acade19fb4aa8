import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Answer, type TestApp, testApp } from "../../testing/app.ts";

/** What the document's requests are answered when something of them is wrong. No engine runs: nothing may have been made. */
const BASE = "/api/v1/pipelines/deployments";

const DEPLOY = {
  pipeline_name: "process-topk-v1",
  deployment_name: "production-topk-deployment",
  target_nodes: { environment: "production", tier: "frontend" },
  namespace: "phoenix-prod",
  parameters: { top_k: 20, critical_processes: ["nginx"] },
  replicas: 3,
  resources: { requests: { cpu: "100m", memory: "128Mi" }, limits: { cpu: "500m", memory: "512Mi" } },
};

const problem = ({ body }: Answer) => {
  const { code, errors = [] } = body as { code: string; errors?: { field: string; found: unknown; allowed: string }[] };
  return { code, fields: errors.map(({ field }) => field) };
};

describe("bad input", () => {
  let api: TestApp;
  let id = "";

  beforeAll(async () => {
    api = await testApp({ auth: false, config: { nodeLabels: { environment: "production", tier: "frontend" } } });
    const { body } = await api.ask("POST", BASE, {
      body: { ...DEPLOY, deployment_name: "there", namespace: "default" },
    });
    id = (body as { deployment_id: string }).deployment_id;
  });
  afterAll(() => api.close());

  const made = async () => {
    const count = (table: "projects" | "artifacts" | "deployments" | "pipeline_deployments" | "nodes") =>
      api.database.db
        .selectFrom(table)
        .select(({ fn }) => fn.countAll<number>().as("count"))
        .executeTakeFirst();
    const [projects, artifacts, deployments, pipelines, nodes] = await Promise.all(
      (["projects", "artifacts", "deployments", "pipeline_deployments", "nodes"] as const).map(count),
    );
    return { projects, artifacts, deployments, pipelines, nodes };
  };

  const { parameters: _, replicas: __, resources: ___, ...required } = DEPLOY;

  test.each(Object.keys(required))("a deployment without %s is refused by that name", async (field) => {
    const before = await made();
    const answer = await api.ask("POST", BASE, { body: { ...DEPLOY, [field]: undefined } });
    expect({ status: answer.status, ...problem(answer) }).toEqual({
      status: 400,
      code: "invalid_argument",
      fields: [field],
    });
    expect(await made()).toEqual(before);
  });

  test.each<[string, object, string[]]>([
    ["a number for a name", { deployment_name: 5 }, ["deployment_name"]],
    ["an empty name", { deployment_name: "" }, ["deployment_name"]],
    ["an enormous name", { deployment_name: "a".repeat(100_000) }, ["deployment_name"]],
    ["a namespace that leads elsewhere", { namespace: "../other" }, ["namespace"]],
    ["a label that is no text", { target_nodes: { tier: 5 } }, ["target_nodes.tier"]],
    ["a list of nodes", { target_nodes: ["local"] }, ["target_nodes"]],
    ["a selector that cannot be read", { selector: "tier ~ frontend" }, ["selector"]],
    ["parameters that are a list", { parameters: [] }, ["parameters"]],
    ["a parameter of the wrong type", { parameters: { top_k: "20" } }, ["parameters.top_k"]],
    ["a parameter that nobody knows", { parameters: { topk: 20 } }, ["parameters.topk"]],
    ["no replicas", { replicas: 0 }, ["replicas"]],
    ["half a replica", { replicas: 0.5 }, ["replicas"]],
    ["a quantity that is none", { resources: { limits: { memory: "lots" } } }, ["resources.limits.memory"]],
    [
      "a request above its limit",
      { resources: { requests: { cpu: "2" }, limits: { cpu: "1" } } },
      ["resources.requests.cpu"],
    ],
    ["a limit above the environment's", { resources: { limits: { memory: "900Gi" } } }, ["resources.limits.memory"]],
    ["a resource that nobody knows", { resources: { limit: {} } }, ["resources.limit"]],
    ["a field that nobody knows", { colour: "red" }, ["colour"]],
  ])("%s is refused by name", async (_what, change, fields) => {
    const before = await made();
    const answer = await api.ask("POST", BASE, { body: { ...DEPLOY, ...change } });
    expect({ status: answer.status, ...problem(answer) }).toEqual({ status: 400, code: "invalid_argument", fields });
    expect(answer.text).not.toContain("config.");
    expect(await made()).toEqual(before);
  });

  test("a selector that no node meets is answered with what there is, and the namespace is not made", async () => {
    const before = await made();
    const answer = await api.ask("POST", BASE, { body: { ...DEPLOY, target_nodes: { tier: "backend" } } });
    expect(answer.status).toBe(409);
    expect(answer.text).toContain("no node meets the selector tier=backend");
    expect(answer.text).toContain("tier=frontend");
    expect(await made()).toEqual(before);
  });

  test("a pipeline that does not exist is answered with the catalogue", async () => {
    const before = await made();
    const answer = await api.ask("POST", BASE, { body: { ...DEPLOY, pipeline_name: "process-magic" } });
    expect(answer.status).toBe(404);
    expect(answer.text).toContain("process-adaptive-v1");
    expect(await made()).toEqual(before);
  });

  test("a name is taken once in a namespace, in any of its environments", async () => {
    for (const environment of ["production", "staging"]) {
      const again = { ...DEPLOY, deployment_name: "there", namespace: "default", environment };
      const answer = await api.ask("POST", BASE, { body: again });
      expect({ status: answer.status, ...problem(answer) }).toEqual({
        status: 409,
        code: "already_exists",
        fields: ["deployment_name"],
      });
    }
  });

  test.each<[string, unknown, string[]]>([
    ["nothing", {}, [""]],
    ["what cannot be changed", { replicas: 2, deployment_name: "other" }, ["deployment_name"]],
    ["a bad parameter", { parameters: { top_k: 0 } }, ["parameters.top_k"]],
    ["a bad quantity", { resources: { limits: { memory: -1 } } }, ["resources.limits.memory"]],
    ["parameters that are a text", { parameters: "top_k=5" }, ["parameters"]],
  ])("an update of %s is refused by name", async (_what, body, fields) => {
    const answer = await api.ask("PATCH", `${BASE}/${id}`, { body });
    expect({ status: answer.status, fields: problem(answer).fields }).toEqual({ status: 400, fields });
  });

  test.each([
    ["GET", ""],
    ["PATCH", ""],
    ["DELETE", ""],
    ["GET", "/history"],
    ["GET", "/audit"],
    ["POST", "/rollback"],
  ] as const)("%s of a deployment that does not exist%s is not found", async (method, path) => {
    const body = method === "PATCH" ? { body: { replicas: 2 } } : method === "POST" ? { body: {} } : {};
    for (const unknown of ["dep-abc123", "dep_00000000000000000000000000000000"]) {
      expect((await api.ask(method, `${BASE}/${unknown}${path}`, body)).status).toBe(404);
    }
  });

  test.each(["page=0", "per_page=101", "status=happy", "colour=red", "page=x"])(
    "a list by %s is refused",
    async (query) => {
      expect((await api.ask("GET", `${BASE}?${query}`)).status).toBe(400);
    },
  );

  test("pages are of the size that is asked for, and an empty one is an empty one", async () => {
    expect((await api.ask("GET", `${BASE}?page=2&per_page=1`)).body).toEqual({
      deployments: [],
      total: 1,
      page: 2,
      per_page: 1,
    });
  });

  test.each([
    [{ name: "Web" }, 400],
    [{ name: "" }, 400],
    [{ name: "web", labels: { "a b": "c" } }, 400],
    [{ name: "web", labels: { a: "b,c" } }, 400],
    [{ name: "local" }, 409],
    [{}, 400],
  ])("node %j is refused", async (body, status) => {
    expect((await api.ask("POST", "/v1/nodes", { body })).status).toBe(status);
  });

  test("the server's own node can be neither removed nor labelled, and no other is there", async () => {
    expect((await api.ask("DELETE", "/v1/nodes/local")).status).toBe(409);
    expect((await api.ask("PUT", "/v1/nodes/local", { body: { labels: {} } })).status).toBe(409);
    expect((await api.ask("DELETE", "/v1/nodes/gone")).status).toBe(404);
  });

  test.each(["[]", "{", '"a"', "5"])("parameters %s cannot be rendered", async (parameters) => {
    const query = new URLSearchParams({ parameters });
    const answer = await api.ask("GET", `/v1/templates/process-topk-v1/render?${query}`);
    expect({ status: answer.status, fields: problem(answer).fields }).toEqual({
      status: 400,
      fields: ["query.parameters"],
    });
  });
});

describe("who may do what", () => {
  test("another project's deployments are not there, and nodes are for administrators of all projects", async () => {
    const api = await testApp({ auth: true, config: { nodeLabels: { environment: "production", tier: "frontend" } } });
    try {
      const admin = { name: "root", role: "admin" as const, project: null, environment: null };
      const token = async (project: string | null, role: "viewer" | "deployer" | "admin") => {
        const { secret } = await api.services.tokens.create(admin, {
          name: `${project}-${role}`,
          role,
          ...(project !== null && { project }),
          environment: null,
          expiresAt: null,
        });
        return { authorization: `Bearer ${secret}` };
      };
      await api.services.projects.create(admin, { name: "other" });
      const mine = await token("default", "deployer");
      const theirs = await token("other", "deployer");
      const viewer = await token("default", "viewer");
      const body = { ...DEPLOY, namespace: "default" };
      expect((await api.ask("POST", BASE, { body, headers: viewer })).status).toBe(403);
      expect((await api.ask("POST", BASE, { body, headers: theirs })).status).toBe(403);
      expect((await api.ask("POST", BASE, { body: { ...body, namespace: "brand-new" }, headers: mine })).status).toBe(
        403,
      );
      const made = await api.ask("POST", BASE, { body, headers: mine });
      expect(made.status).toBe(202);
      const { deployment_id: id } = made.body as { deployment_id: string };
      expect((await api.ask("GET", `${BASE}/${id}`, { headers: viewer })).status).toBe(200);
      for (const path of ["", "/history", "/audit"])
        expect((await api.ask("GET", `${BASE}/${id}${path}`, { headers: theirs })).status).toBe(404);
      expect((await api.ask("DELETE", `${BASE}/${id}`, { headers: theirs })).status).toBe(404);
      expect((await api.ask("PATCH", `${BASE}/${id}`, { body: { replicas: 2 }, headers: viewer })).status).toBe(403);
      expect((await api.ask("GET", BASE, { headers: theirs })).body).toMatchObject({ total: 0 });
      const node = { body: { name: "web-1" } };
      expect((await api.ask("POST", "/v1/nodes", { ...node, headers: mine })).status).toBe(403);
      expect((await api.ask("POST", "/v1/nodes", { ...node, headers: await token("default", "admin") })).status).toBe(
        403,
      );
      expect((await api.ask("GET", "/v1/nodes", { headers: viewer })).status).toBe(200);
    } finally {
      await api.close();
    }
  });
});
