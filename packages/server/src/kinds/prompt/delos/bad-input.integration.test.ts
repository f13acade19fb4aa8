import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type TestGrpc, testGrpc } from "../../../grpc/testing/grpc.fixture.ts";
import { type Answer, GrpcFailure } from "../../../grpc/testing/reflecting.client.ts";
import { QUALITY_GATE, requestOf } from "./testing/document.ts";

let api: TestGrpc;
beforeAll(async () => {
  api = await testGrpc();
  const { ask } = api.api;
  await ask("POST", "/v1/artifacts", { body: { name: "prompt-abc123", kind: "prompt" } });
  await ask("POST", "/v1/artifacts", { body: { name: "prompt-123", kind: "prompt" } });
  await ask("POST", "/v1/artifacts", { body: { name: "greeter", kind: "application" } });
  const version = { version: "5", spec: { text: "Be kind." } };
  expect(await ask("POST", "/v1/artifacts/prompt-abc123/versions", { body: version })).toMatchObject({ status: 201 });
});
afterAll(() => api.shutDown());

const failure = async (method: string, request: object): Promise<GrpcFailure> => {
  const error = await api.delos(method, request).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (error instanceof GrpcFailure) return error;
  throw new Error(`${method} did not fail with a status`, { cause: error });
};

const created: Answer = requestOf("Create a Deployment", "").request;
const gate: Answer = requestOf("Create a Quality Gate", "").request;
const without = (request: object, field: string): object =>
  Object.fromEntries(Object.entries(request).filter(([name]) => name !== field));
const strategy = (changes: object) => ({ ...created, strategy: { ...created.strategy, ...changes } });
const condition = (changes: object) => ({ ...gate, conditions: [{ ...gate.conditions[0], ...changes }] });
const custom = (changes: object) => ({ ...gate, conditions: [{ type: "custom", ...changes }] });
const enormous = "x".repeat(5_000);

type Case = [what: string, method: string, request: object, code: string, field: string];

const CASES: Case[] = [
  ["no prompt", "CreateDeployment", without(created, "prompt_id"), "INVALID_ARGUMENT", "prompt_id"],
  ["no version", "CreateDeployment", without(created, "to_version"), "INVALID_ARGUMENT", "to_version"],
  ["a negative version", "CreateDeployment", { ...created, to_version: -5 }, "INVALID_ARGUMENT", "to_version"],
  ["no environment", "CreateDeployment", without(created, "environment"), "INVALID_ARGUMENT", "environment"],
  ["a strategy without type", "CreateDeployment", strategy({ type: 0 }), "INVALID_ARGUMENT", "strategy.type"],
  ["a strategy of unknown type", "CreateDeployment", strategy({ type: 99 }), "INVALID_ARGUMENT", "strategy.type"],
  [
    "no share at first",
    "CreateDeployment",
    strategy({ initial_percentage: 0 }),
    "INVALID_ARGUMENT",
    "strategy.initial_percentage",
  ],
  ["a share above all", "CreateDeployment", strategy({ increment: 101 }), "INVALID_ARGUMENT", "strategy.increment"],
  [
    "a share of three decimals",
    "CreateDeployment",
    strategy({ increment: 0.001 }),
    "INVALID_ARGUMENT",
    "strategy.increment",
  ],
  [
    "a share that is no number",
    "CreateDeployment",
    strategy({ increment: Number.NaN }),
    "INVALID_ARGUMENT",
    "strategy.increment",
  ],
  [
    "a negative interval",
    "CreateDeployment",
    strategy({ interval_seconds: -1 }),
    "INVALID_ARGUMENT",
    "strategy.interval_seconds",
  ],
  [
    "a threshold above 1",
    "CreateDeployment",
    strategy({ rollback_threshold: 75 }),
    "INVALID_ARGUMENT",
    "strategy.rollback_threshold",
  ],
  [
    "steps for what has none",
    "CreateDeployment",
    { ...created, strategy: { type: "DEPLOYMENT_TYPE_IMMEDIATE", increment: 10 } },
    "INVALID_ARGUMENT",
    "strategy.increment",
  ],
  [
    "a canary of too many steps",
    "CreateDeployment",
    { ...created, strategy: { type: "DEPLOYMENT_TYPE_CANARY", increment: 0.5 } },
    "INVALID_ARGUMENT",
    "strategy.increment",
  ],
  ["an enormous prompt", "CreateDeployment", { ...created, prompt_id: enormous }, "INVALID_ARGUMENT", "prompt_id"],
  [
    "an enormous value",
    "CreateDeployment",
    { ...created, metadata: { note: enormous } },
    "INVALID_ARGUMENT",
    "metadata.note",
  ],
  [
    "too much metadata",
    "CreateDeployment",
    { ...created, metadata: Object.fromEntries(Array.from({ length: 65 }, (_, at) => [`key${at}`, "x"])) },
    "INVALID_ARGUMENT",
    "metadata",
  ],
  ["a prompt that is none", "CreateDeployment", { ...created, prompt_id: "greeter" }, "INVALID_ARGUMENT", "prompt_id"],
  ["an unknown prompt", "CreateDeployment", { ...created, prompt_id: "nobody" }, "NOT_FOUND", "prompt_id"],
  ["an unknown version", "CreateDeployment", { ...created, to_version: 77 }, "NOT_FOUND", "to_version"],
  ["an unknown environment", "CreateDeployment", { ...created, environment: "moon" }, "NOT_FOUND", "environment"],
  ...["GetDeployment", "ApproveDeployment", "RollbackDeployment", "CancelDeployment", "GetDeploymentStatus"].map(
    (method): Case => [`no id for ${method}`, method, {}, "INVALID_ARGUMENT", "id"],
  ),
  ["an enormous id", "GetDeployment", { id: enormous }, "INVALID_ARGUMENT", "id"],
  ["an enormous comment", "ApproveDeployment", { id: "rol_1", comment: enormous }, "INVALID_ARGUMENT", "comment"],
  ["an enormous reason", "RollbackDeployment", { id: "rol_1", reason: enormous }, "INVALID_ARGUMENT", "reason"],
  ["a limit of 1000", "ListDeployments", { limit: 1_000 }, "INVALID_ARGUMENT", "limit"],
  ["a negative limit", "ListDeployments", { limit: -1 }, "INVALID_ARGUMENT", "limit"],
  ["an unknown status", "ListDeployments", { status: 77 }, "INVALID_ARGUMENT", "status"],
  ["a page that nobody gave out", "ListDeployments", { page_token: "!!!" }, "INVALID_ARGUMENT", "page_token"],
  ["a gate without name", "CreateQualityGate", without(gate, "name"), "INVALID_ARGUMENT", "name"],
  ["a gate of signs alone", "CreateQualityGate", { ...gate, name: "!!!" }, "INVALID_ARGUMENT", "name"],
  ["a gate without prompt", "CreateQualityGate", without(gate, "prompt_id"), "INVALID_ARGUMENT", "prompt_id"],
  ["a gate of an unknown prompt", "CreateQualityGate", { ...gate, prompt_id: "no" }, "INVALID_ARGUMENT", "prompt_id"],
  ["a gate without conditions", "CreateQualityGate", without(gate, "conditions"), "INVALID_ARGUMENT", "conditions"],
  ["an unknown type", "CreateQualityGate", condition({ type: "luck" }), "INVALID_ARGUMENT", "conditions[0].type"],
  [
    "an unknown operator",
    "CreateQualityGate",
    condition({ operator: "ne" }),
    "INVALID_ARGUMENT",
    "conditions[0].operator",
  ],
  [
    "a condition without threshold",
    "CreateQualityGate",
    { ...gate, conditions: [without(gate.conditions[0], "threshold")] },
    "INVALID_ARGUMENT",
    "conditions[0].threshold",
  ],
  ["a score above 1", "CreateQualityGate", condition({ threshold: 90 }), "INVALID_ARGUMENT", "conditions[0].threshold"],
  [
    "a condition on no dataset",
    "CreateQualityGate",
    { ...QUALITY_GATE, conditions: [QUALITY_GATE.conditions[1]] },
    "INVALID_ARGUMENT",
    "conditions[0].dataset_id",
  ],
  [
    "an unknown metric",
    "CreateQualityGate",
    condition({ metric: "vibes" }),
    "INVALID_ARGUMENT",
    "conditions[0].metric",
  ],
  ["a custom condition of nothing", "CreateQualityGate", custom({}), "INVALID_ARGUMENT", "conditions[0].expression"],
  [
    "an expression that does not compile",
    "CreateQualityGate",
    custom({ expression: "1 +" }),
    "INVALID_ARGUMENT",
    "conditions[0].expression",
  ],
  [
    "an address that is none",
    "CreateQualityGate",
    custom({ webhook_url: "nowhere" }),
    "INVALID_ARGUMENT",
    "conditions[0].webhook_url",
  ],
  ["an unknown project", "ListDeployments", { project: "No!" }, "INVALID_ARGUMENT", "project"],
];

describe("a call that cannot be carried out", () => {
  test.each(CASES)("%s: %s names the field", async (_what, method, request, code, field) => {
    const error = await failure(method, request);
    expect([error.code, error.violations.map((violation) => violation.field)]).toEqual([
      code,
      expect.arrayContaining([field]),
    ]);
    expect(error.message).toContain(field.split(".").at(-1));
    expect(error.violations[0]?.description).toMatch(/; allowed: \S/);
  });

  test("leaves nothing behind", async () => {
    const { db } = api.api.database;
    for (const table of ["deployments", "rollouts", "gates", "prompt_deliveries", "gate_titles"] as const) {
      const { count } = await db
        .selectFrom(table)
        .select(({ fn }) => fn.countAll<number>().as("count"))
        .executeTakeFirstOrThrow();
      expect([table, count]).toEqual([table, 0]);
    }
  });
});

describe("a deployment that is not there", () => {
  test.each(["GetDeployment", "ApproveDeployment", "RollbackDeployment", "CancelDeployment", "GetDeploymentStatus"])(
    "is NOT_FOUND for %s",
    async (method) => {
      const error = await failure(method, { id: "deployment-xyz" });
      expect([error.code, error.message]).toEqual(["NOT_FOUND", "deployment deployment-xyz does not exist"]);
    },
  );

  test("is one of another kind, or of another project, too", async () => {
    const { ask, services } = api.api;
    const spec = { command: ["node", "server.mjs"] };
    await ask("POST", "/v1/artifacts/greeter/versions", { body: { version: "1", spec } });
    const body = { name: "greeter", artifact: "greeter", version: "1", environment: "development" };
    const { rollout } = (await ask("POST", "/v1/deployments", { body })).body as { rollout: { id: string } };
    expect((await failure("GetDeployment", { id: rollout.id })).code).toBe("NOT_FOUND");

    await ask("POST", "/v1/projects", { body: { name: "search" } });
    await ask("POST", "/v1/artifacts", { body: { project: "search", name: "secret", kind: "prompt" } });
    const version = { version: "1", spec: { text: "hush" } };
    await ask("POST", "/v1/artifacts/secret/versions?project=search", { body: version });
    const request = { project: "search", prompt_id: "secret", to_version: 1, environment: "production" };
    const { deployment } = await api.delos("CreateDeployment", request);
    expect(deployment.project).toBe("search");
    const admin = { name: "root", role: "admin" as const, project: null, environment: null };
    const token = { project: "default", name: "ci", role: "admin" as const, environment: null, expiresAt: null };
    const { secret } = await services.tokens.create(admin, token);
    const stranger = await api.delos("GetDeployment", { id: deployment.id }, { token: secret }).catch((error) => error);
    expect([stranger.code, stranger.message]).toEqual(["NOT_FOUND", `deployment ${deployment.id} does not exist`]);
    const listed = await api.delos("ListDeployments", {}, { token: secret });
    expect(JSON.stringify(listed)).not.toContain("secret");
    const other = await api.delos("ListDeployments", { project: "search" }, { token: secret }).catch((error) => error);
    expect(other.code).toBe("PERMISSION_DENIED");
  });
});

describe("a call that nobody waits for", () => {
  test("ends at its deadline, or when it is cancelled, and changes nothing", async () => {
    const { db } = api.api.database;
    const count = async (): Promise<number> =>
      (await db.selectFrom("rollouts").select("id").where("artifact", "=", "prompt-abc123").execute()).length;
    const before = await count();
    // Somebody else holds the environment, so that the call has to wait inside its transaction.
    await db.transaction().execute(async (tx) => {
      await tx.selectFrom("environments").selectAll().where("name", "=", "production").forUpdate().execute();
      const late = await api.delos("CreateDeployment", created, { deadlineMs: 300 }).catch((error) => error);
      expect(late.code).toBe("DEADLINE_EXCEEDED");
      const hangUp = new AbortController();
      const call = api.delos("CreateDeployment", created, { signal: hangUp.signal }).catch((error) => error);
      setImmediate(() => hangUp.abort());
      expect((await call).code).toBe("CANCELLED");
    });
    // Whatever of them goes on when the lock is gone is taken back; a third one finds nothing of theirs.
    const { deployment } = await api.delos("CreateDeployment", created);
    expect(deployment.from_version).toBeUndefined();
    await expect.poll(count).toBe(before + 1);
  });
});
