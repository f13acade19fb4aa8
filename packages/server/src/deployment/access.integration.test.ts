import { afterAll, beforeAll, expect, test } from "vitest";
import { LOCAL_ADMIN, type Role } from "../access/principal.ts";
import { createTokenService } from "../access/token.service.ts";
import {
  addGreeter,
  bodyOf,
  type Delivery,
  type RolloutView,
  startDelivery,
  WAITING_CANARY,
} from "./testing/delivery.fixture.ts";

let api: Delivery;
const headers = new Map<string, { authorization: string }>();
const as = (name: string) => headers.get(name) ?? { authorization: "" };

beforeAll(async () => {
  api = await startDelivery({ auth: true });
  const tokens = createTokenService({ db: api.database.db, clock: Date.now });
  const add = async (name: string, role: Role, environment: string | null = null) => {
    const input = { project: "default", name, role, environment, expiresAt: null };
    const { secret } = await tokens.create(LOCAL_ADMIN, input);
    headers.set(name, { authorization: `Bearer ${secret}` });
  };
  await add("vera", "viewer");
  await add("dora", "deployer");
  await add("stan", "deployer", "staging");
  await add("anna", "approver");
  await add("adam", "admin");
  await addGreeter(api, as("adam"));
  const { body } = await api.ask("GET", "/v1/environments/production", { headers: as("adam") });
  const { protection, ...rest } = body as { protection: object };
  await api.ask("PUT", "/v1/environments/production", {
    headers: as("adam"),
    body: { ...rest, protection: { ...protection, requiredApprovals: 1, fourEyes: true } },
  });
});
afterAll(() => api.close());

test("a viewer reads and changes nothing; a deployer delivers; a token of one environment stays in it", async () => {
  const create = (name: string, who: string, environment: string) =>
    api.ask("POST", "/v1/deployments", { body: { ...bodyOf(name), environment }, headers: as(who) });
  expect(await create("roles", "vera", "development")).toMatchObject({
    status: 403,
    body: {
      code: "permission_denied",
      detail: "vera may not do this: deployment.write needs the role deployer, the token has viewer",
    },
  });
  expect(await create("roles", "stan", "development")).toMatchObject({ status: 403 });
  expect((await create("roles", "dora", "development")).status).toBe(202);
  expect((await create("roles-staging", "stan", "staging")).status).toBe(202);
  expect((await api.ask("GET", "/v1/deployments/roles", { headers: as("vera") })).status).toBe(200);
  const seen = await api.ask("GET", "/v1/deployments", { headers: as("stan") });
  expect((seen.body as { items: { name: string }[] }).items.map((item) => item.name)).toEqual(["roles-staging"]);
  expect((await api.ask("GET", "/v1/deployments?environment=development", { headers: as("stan") })).status).toBe(403);
  expect(await api.ask("PATCH", "/v1/deployments/roles", { body: {}, headers: as("vera") })).toMatchObject({
    status: 403,
  });
  const request = { method: "GET", path: "/" };
  expect(await api.ask("POST", "/v1/deployments/roles/try", { body: request, headers: as("vera") })).toMatchObject({
    status: 403,
    body: { detail: expect.stringContaining("deployment.try needs the role deployer") },
  });
  expect((await api.ask("GET", "/v1/deployments")).status).toBe(401);
});

test("who asked for a rollout may not approve it; an approver may, a deployer may not; the plan says who", async () => {
  const body = { ...bodyOf("eyes"), environment: "production" };
  const plan = await api.ask("POST", "/v1/rollouts/plan", { body, headers: as("adam") });
  expect(plan.body).toMatchObject({ approvals: { required: 1, fourEyes: true, approvers: ["anna"] } });
  const created = await api.ask("POST", "/v1/deployments", { body, headers: as("adam") });
  const { rollout } = created.body as { rollout: RolloutView };
  const approve = (who: string) => api.ask("POST", `/v1/rollouts/${rollout.id}/approve`, { headers: as(who) });
  const phase = async () =>
    ((await api.ask("GET", `/v1/rollouts/${rollout.id}`, { headers: as("vera") })).body as RolloutView).phase;
  for (const deadline = Date.now() + 60_000; (await phase()) !== "awaiting_approval"; ) {
    if (Date.now() > deadline) throw new Error("not in time");
  }
  expect(await approve("dora")).toMatchObject({ status: 403, body: { code: "permission_denied" } });
  expect(await approve("adam")).toMatchObject({
    status: 403,
    body: { detail: '"adam" asked for this rollout; somebody else must approve it' },
  });
  expect(await approve("anna")).toMatchObject({ status: 202, body: { approvals: [{ actor: "anna" }] } });
});

test("a rollout of another environment may be neither seen nor commanded", async () => {
  const created = await api.ask("POST", "/v1/deployments", {
    body: { ...bodyOf("hidden"), strategy: WAITING_CANARY },
    headers: as("dora"),
  });
  const { rollout } = created.body as { rollout: RolloutView };
  expect((await api.ask("GET", `/v1/rollouts/${rollout.id}`, { headers: as("stan") })).status).toBe(403);
  expect((await api.ask("POST", `/v1/rollouts/${rollout.id}/pause`, { headers: as("stan") })).status).toBe(403);
  expect((await api.ask("POST", `/v1/rollouts/${rollout.id}/pause`, { headers: as("vera") })).status).toBe(403);
});
