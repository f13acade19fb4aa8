import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bodyOf, type Delivery, startDelivery } from "./testing/delivery.fixture.ts";

let api: Delivery;
let id: string;
beforeAll(async () => {
  api = await startDelivery({ engine: false });
  id = (await api.create("steady")).deployment.id;
});
afterAll(() => api.close());

const post = (change: object) => api.ask("POST", "/v1/deployments", { body: { ...bodyOf("bad"), ...change } });

/** Everything that a refused request must leave as it was. */
const counts = async (): Promise<unknown> => {
  const { rows } = await api.database.pool.query(`
    select (select count(*) from deployments) deployments, (select count(*) from revisions) revisions,
           (select count(*) from rollouts) rollouts, (select count(*) from routes) routes,
           (select count(*) from audit_entries) audit, (select count(*) from events) events`);
  return rows;
};

describe("a body that cannot be accepted names field, found and allowed, and changes nothing", () => {
  test.each<[string, object, string, unknown, string]>([
    [
      "an unknown field",
      { verison: "1" },
      "verison",
      "1",
      "one of project, name, artifact, version, environment, config, route, strategy, labels",
    ],
    ["a wrong type", { config: { replicas: "2" } }, "config.replicas", "2", "a number"],
    [
      "a bad name",
      { name: "Bad Name" },
      "name",
      "Bad Name",
      "1 to 63 of a-z, 0-9, '-' and '_', beginning and ending with a letter or digit",
    ],
    [
      "no replicas",
      { config: { replicas: 0 } },
      "config.replicas",
      0,
      "1 to 1000; to run nothing, stop the deployment",
    ],
    [
      "a negative duration",
      { strategy: { type: "canary", bakeSeconds: -1 } },
      "strategy.bakeSeconds",
      -1,
      "at least 0",
    ],
    [
      "a weight over 100",
      { strategy: { type: "canary", initialPercentage: 101 } },
      "strategy.initialPercentage",
      101,
      "at most 100",
    ],
    [
      "a weight too fine",
      { strategy: { type: "canary", initialPercentage: 0.123 } },
      "strategy.initialPercentage",
      0.123,
      "a percentage with at most two decimals",
    ],
    [
      "an unknown step",
      { strategy: { type: "canary", steps: [{ jump: 5 }] } },
      "strategy.steps[0]",
      { jump: 5 },
      "exactly one of setWeight, wait, analyze, mirror, match, scale, switch, hook",
    ],
    [
      "another strategy's field",
      { strategy: { type: "immediate", bakeSeconds: 1 } },
      "strategy.bakeSeconds",
      1,
      "one of type, autoRollback, onFailure, tests, holdbackPercentage, monitoringSeconds, onConflict, analysis, keepStableSeconds",
    ],
    [
      "memory above the environment's limit",
      { config: { resources: { limits: { memory: "1Gi" } } } },
      "config.resources.limits.memory",
      "1Gi",
      "at most 512Mi, the limit of environment development",
    ],
    [
      "cores above the environment's limit",
      { config: { resources: { requests: { cpu: "600m" } } } },
      "config.resources.requests.cpu",
      "600m",
      "at most 0.5 cores, the limit of environment development",
    ],
    [
      "a request above its limit",
      { config: { resources: { requests: { memory: "256Mi" }, limits: { memory: "128Mi" } } } },
      "config.resources.requests.memory",
      "256Mi",
      "at most config.resources.limits.memory, 128Mi",
    ],
    ["a route that climbs", { route: { path: "/a/../b" } }, "route.path", "/a/../b", "a path without '..'"],
    [
      "a variable of ours",
      { config: { env: { PORT: "1" } } },
      "config.env.PORT",
      "1",
      "any name but PORT and SLUICE_…, which Sluice sets itself",
    ],
  ])("%s", async (_, change, field, found, allowed) => {
    const before = await counts();
    const answer = await post(change);
    expect(answer.headers["content-type"]).toContain("application/problem+json");
    expect(answer).toMatchObject({
      status: 400,
      body: {
        type: "urn:sluice:error:invalid_argument",
        title: "Invalid argument",
        status: 400,
        detail: expect.stringContaining(`${field} is `),
        instance: expect.stringMatching(/^urn:uuid:/),
        errors: [{ field, found, allowed }],
      },
    });
    expect(await counts()).toEqual(before);
  });

  test.each([
    [
      "artifact",
      { artifact: "ghost" },
      "artifact ghost does not exist in project default; artifact may be one that exists, such as greeter",
    ],
    [
      "version",
      { version: "9.9.9" },
      "version 9.9.9 does not exist in artifact greeter; version may be one that exists, such as 1.2.0, 1.1.0, 1.0.0",
    ],
    [
      "environment",
      { environment: "moon" },
      "environment moon does not exist in project default; environment may be one that exists, such as development, production, staging",
    ],
  ])("a missing %s is not found, by name", async (field, change, detail) => {
    const before = await counts();
    expect(await post(change)).toMatchObject({ status: 404, body: { code: "not_found", detail, errors: [{ field }] } });
    expect(await counts()).toEqual(before);
  });

  test("a merged configuration that would be wrong is refused at the patch, with the path of the field", async () => {
    const before = await counts();
    expect(await api.patch(id, { config: { healthCheck: { intervalSeconds: -1 }, replica: 2 } })).toMatchObject({
      status: 400,
      body: {
        errors: [
          { field: "config.healthCheck.intervalSeconds", found: -1 },
          { field: "config.replica", found: 2 },
        ],
      },
    });
    expect(await api.patch(id, { config: { env: { A: null, B: 1 } } })).toMatchObject({
      status: 400,
      body: { errors: [{ field: "config.env.B", found: 1, allowed: "a text" }] },
    });
    expect(await counts()).toEqual(before);
  });

  test("whatever JSON it is, the answer is a problem or an acceptance, never a failure of ours", async () => {
    const paths = [
      ["POST", "/v1/deployments"],
      ["PATCH", `/v1/deployments/${id}`],
      ["POST", `/v1/deployments/${id}/rollback`],
      ["POST", `/v1/deployments/${id}/scale`],
      ["POST", `/v1/deployments/${id}/promote`],
      ["POST", "/v1/rollouts/plan"],
      ["POST", "/v1/rollouts/rol_none/pause"],
    ] as const;
    const known = fc.record(
      {
        name: fc.constantFrom("fuzz", "", "A", 5),
        artifact: fc.constantFrom("greeter", "ghost", null),
        version: fc.constantFrom("1.0.0", "x", {}),
        environment: fc.constantFrom("development", "nowhere", []),
        deployment: fc.constantFrom(id, "steady", "\u0000", 1),
        config: fc.oneof(fc.jsonValue(), fc.record({ replicas: fc.integer(), env: fc.jsonValue() })),
        strategy: fc.oneof(fc.jsonValue(), fc.record({ type: fc.constantFrom("canary", "ab"), steps: fc.jsonValue() })),
        route: fc.oneof(fc.jsonValue(), fc.record({ path: fc.string(), headers: fc.jsonValue() })),
        toRevision: fc.oneof(fc.integer(), fc.double()),
        scope: fc.jsonValue(),
        replicas: fc.jsonValue(),
        baseline: fc.jsonValue(),
      },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...paths), fc.oneof(fc.jsonValue(), known), async ([method, url], body) => {
        const answer = await api.ask(method, url, { body });
        expect(answer.status, answer.text).toBeLessThan(500);
        if (answer.status >= 400) expect(answer.headers["content-type"]).toContain("application/problem+json");
      }),
      { numRuns: 300 },
    );
  });
});

describe("what an environment protects", () => {
  const protect = async (name: string, protection: object, rest: object = {}) => {
    const answer = await api.ask("PUT", `/v1/environments/${name}`, { body: { tier: "custom", protection, ...rest } });
    expect(answer.status).toBeLessThan(300);
  };

  test("a strategy it does not allow is refused by name, and its first allowed one is the default", async () => {
    await protect("careful", { allowedStrategies: ["gradual", "canary"] });
    const at = { environment: "careful", route: undefined };
    expect(await post({ ...at, strategy: { type: "immediate" } })).toMatchObject({
      status: 400,
      body: {
        errors: [
          { field: "strategy.type", found: "immediate", allowed: "what environment careful allows: gradual, canary" },
        ],
      },
    });
    expect(await post({ ...at, name: "careful" })).toMatchObject({
      body: { rollout: { strategy: { type: "gradual" } } },
    });
  });

  test("required approvals are copied to the rollout", async () => {
    await protect("approved", { requiredApprovals: 2 });
    expect(await post({ environment: "approved", name: "approved", route: undefined })).toMatchObject({
      status: 202,
      body: { rollout: { requiredApprovals: 2 } },
    });
  });

  test("a target outside its regions is refused", async () => {
    await protect("regional", { regions: ["eu"] }, { targets: [{ type: "process", region: "us" }] });
    expect(await post({ environment: "regional" })).toMatchObject({
      status: 409,
      body: { detail: "environment regional allows the regions eu; its target process is in us" },
    });
  });

  test("a change where something serves is a canary in production, unless another strategy is given", async () => {
    const { deployment, rollout } = await api.create("prod", { environment: "production" });
    expect(rollout.strategy.type).toBe("immediate");
    await api.database.pool.query("update deployments set stable_revision = 1 where id = $1", [deployment.id]);
    await api.database.pool.query("update rollouts set active = false, phase = 'completed' where deployment_id = $1", [
      deployment.id,
    ]);
    expect(await api.rollOut(deployment.id, { version: "1.1.0" })).toMatchObject({ strategy: { type: "canary" } });
  });
});

describe("requests at the same time", () => {
  test("of creations of one name exactly one wins, and nothing of the others stays", async () => {
    const answers = await Promise.all([1, 2, 3, 4].map((n) => post({ name: "same", route: { path: `/same-${n}` } })));
    expect(answers.map((answer) => answer.status).sort()).toEqual([202, 409, 409, 409]);
    for (const answer of answers.filter((one) => one.status === 409)) {
      expect(answer.body).toMatchObject({ code: "already_exists", errors: [{ field: "name", found: "same" }] });
    }
    const { rows } = await api.database.pool.query("select path from routes where path like '/same-%'");
    expect(rows).toHaveLength(1);
  });

  // edge case 44
  test("of claims of one route exactly one wins, and the others are told who", async () => {
    const answers = await Promise.all(
      ["a", "b", "c", "d"].map((letter) => post({ name: `claim-${letter}`, route: { path: "/claimed" } })),
    );
    expect(answers.map((answer) => answer.status).sort()).toEqual([202, 409, 409, 409]);
    const winner = answers.find((answer) => answer.status === 202)?.body as { deployment: { name: string } };
    for (const answer of answers.filter((one) => one.status === 409)) {
      expect(answer.body).toMatchObject({ detail: expect.stringContaining(`deployment ${winner.deployment.name} in`) });
    }
    const { rows } = await api.database.pool.query("select name from deployments where name like 'claim-%'");
    expect(rows).toEqual([{ name: winner.deployment.name }]);
  });

  test("patches follow one another: every one has its revision, and the chain of entries holds", async () => {
    const { deployment } = await api.create("patched");
    const answers = await Promise.all(
      [1, 2, 3, 4, 5].map((n) => api.patch(deployment.id, { config: { env: { [`KEY_${n}`]: "1" } } })),
    );
    expect(answers.map((answer) => answer.status)).toEqual([202, 202, 202, 202, 202]);
    const { body } = await api.ask("GET", `/v1/deployments/${deployment.id}/revisions?limit=10`);
    const { items } = body as { items: { revision: number; config: { env: object } }[] };
    expect(items.map((item) => item.revision)).toEqual([6, 5, 4, 3, 2, 1]);
    expect(Object.keys(items[0]?.config.env ?? {})).toHaveLength(5);
    expect(await api.ask("GET", "/v1/audit/verify")).toMatchObject({ body: { valid: true } });
  });

  test("the same patch twice begins one rollout", async () => {
    const { deployment } = await api.create("once");
    const answers = await Promise.all([1, 2].map(() => api.patch(deployment.id, { version: "1.1.0" })));
    expect(answers.map((answer) => answer.status).sort()).toEqual([200, 202]);
  });
});

// edge case 5
test("a patch without a change wakes the engine, which puts right what drifted", async () => {
  const { deployment } = await api.create("drifted");
  await api.database.pool.query("delete from graphile_worker._private_jobs");
  expect((await api.patch(deployment.id, {})).status).toBe(200);
  const { rows } = await api.database.pool.query("select key from graphile_worker.jobs where key = $1", [
    `reconcile:${deployment.id}`,
  ]);
  expect(rows).toHaveLength(1);
});
