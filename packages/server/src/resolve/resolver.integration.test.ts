import { type GuardConfig, SluiceError } from "@sluice/core";
import pino from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { LOCAL_ADMIN } from "../access/principal.ts";
import { type TestApp, testApp } from "../testing/app.ts";
import { createResolveService } from "./resolve.service.ts";
import { joinedLink } from "./resolver.link.ts";
import type { Resolver } from "./resolver.ts";
import { startResolving } from "./resolving.ts";
import { allOn, half, insertPrompt, want } from "./testing/prompt.fixture.ts";

/** Two servers on one database, without their engines. */
let api: TestApp;
let servers: { resolver: Resolver; close(): Promise<void> }[];

const logger = pino({ level: "silent" });
const now = Date.now;

beforeAll(async () => {
  api = await testApp();
  const { db, pool } = api.database;
  servers = [await startResolving({ db, pool, logger, now }), await startResolving({ db, pool, logger, now })];
});

afterAll(async () => {
  for (const server of servers) await server.close();
  await api.close();
});

const keys = Array.from({ length: 200 }, (_, index) => `person-${index}`);
const splitsOf = (id: string) => servers.map(({ resolver }) => resolver.prompts.byId(id)?.split ?? null);
const dealtBy = ({ resolver }: { resolver: Resolver }, id: string) =>
  keys.map((key) => resolver.prompts.byId(id)?.deal(key, {}, Math.random)?.revision);

test("every server hears of a change at once, and deals everybody alike", async () => {
  const id = await insertPrompt(api.services, { name: "alike" });
  await expect
    .poll(() => servers.map(({ resolver }) => resolver.prompts.byId(id)?.route.name))
    .toEqual(["alike", "alike"]);
  expect(splitsOf(id)).toEqual([null, null]);
  await want(api.database.db, id, { split: half });
  await expect.poll(() => splitsOf(id)).toEqual([half, half]);
  const [one = [], other = []] = servers.map((server) => dealtBy(server, id));
  expect(one).toEqual(other);
  expect(new Set(one)).toEqual(new Set([1, 2]));
});

test("a server that starts deals as the others do, and one whose prompt is deleted forgets it", async () => {
  const id = await insertPrompt(api.services, { name: "late" });
  await want(api.database.db, id, { split: half });
  const { db, pool } = api.database;
  const late = await startResolving({ db, pool, logger, now });
  const [first] = servers;
  await expect.poll(() => splitsOf(id)).toEqual([half, half]);
  expect(dealtBy(late, id)).toEqual(first && dealtBy(first, id));
  await late.close();
  await db.deleteFrom("deployments").where("id", "=", id).execute();
  await expect.poll(() => servers.map(({ resolver }) => resolver.prompts.byId(id))).toEqual([null, null]);
  expect(servers[0]?.resolver.prompts.everywhere("default", "late")).toEqual([]);
});

const config = (hypothesis: string): GuardConfig => ({
  hypothesis,
  stable: 1,
  candidate: 2,
  alpha: 0.004,
  metrics: [{ name: "error_rate", share: 1 }],
  closes: true,
});

async function report(deployment: string, revision: number, error: boolean, count: number): Promise<void> {
  const reports = Array.from({ length: count }, () => ({ revision, error }));
  await api.services.feedback.record(LOCAL_ADMIN, { id: deployment }, reports, "reports");
}

const observed = (id: string) => servers.map(({ resolver }) => resolver.prompts.byId(id)?.observe());

test("a guard closes the gate on every server, and goes on where another one stopped", async () => {
  const id = await insertPrompt(api.services, { name: "guarded" });
  await want(api.database.db, id, { split: half, guard: config("rol_guarded") });
  // What is reported from here on is evidence: somebody keeps the guard.
  const kept = () => servers.map(({ resolver }) => resolver.prompts.byId(id)?.route.guard?.hypothesis);
  await expect.poll(kept).toEqual(["rol_guarded", "rol_guarded"]);
  const seen = () => observed(id).map((one) => one?.guard?.samples);
  await report(id, 1, false, 5);
  await report(id, 2, false, 4);
  const first = { stable: 5, candidate: 4 };
  await expect.poll(seen).toEqual([first, first]);
  expect(observed(id)[1]?.counts).toMatchObject({ weight: 5_000, stable: { requests: 5 }, candidate: { requests: 4 } });

  // Whoever kept it is gone; the one that is left goes on from what is on disk.
  const { db, pool } = api.database;
  await servers[0]?.close();
  await report(id, 1, false, 5);
  await expect.poll(() => seen()[1]).toEqual({ stable: 10, candidate: 4 });
  servers[0] = await startResolving({ db, pool, logger, now });

  for (let round = 0; round < 20; round += 1) {
    await report(id, 1, false, 5);
    await report(id, 2, true, 5);
  }
  const closed = [
    { revision: 1, weight: 10_000 },
    { revision: 2, weight: 0 },
  ];
  await expect.poll(() => splitsOf(id)).toEqual([closed, closed]);
  expect(observed(id)[0]?.guard?.closed).toMatchObject({ metric: "error_rate" });
  expect(new Set(servers[0] && dealtBy(servers[0], id))).toEqual(new Set([1]));
  const rows = await db.selectFrom("resolver_guards").select("seq").where("deployment_id", "=", id).execute();
  expect(rows).toHaveLength(1);
});

test("as a data plane it takes over what is on disk, refuses what is older, and knows what is its own", async () => {
  const id = await insertPrompt(api.services, { name: "plane" });
  await want(api.database.db, id, { split: allOn(1) });
  const { resolver } = servers[0] ?? {};
  if (resolver === undefined) throw new Error("no server");
  const gateway = {
    connected: () => false,
    route: () => null,
    routes: () => ["dep_program"],
    put: () => Promise.reject(new SluiceError("unavailable", "no gateway")),
    remove: () => Promise.reject(new SluiceError("unavailable", "no gateway")),
    onRoute: () => () => undefined,
    onConnect: () => () => undefined,
  };
  const link = joinedLink(gateway, resolver);
  const { epoch } = await api.database.db
    .selectFrom("routes")
    .select("epoch")
    .where("deployment_id", "=", id)
    .executeTakeFirstOrThrow();
  const put = (asked: number) =>
    link.put(
      {
        ...{ id, project: "default", deployment: "plane", epoch: asked, match: { host: "@resolver", path: "/" } },
        ...{ stripPrefix: true, stickiness: { by: "none" }, timeouts: { connectMs: 1, responseMs: 1, idleMs: 1 } },
        ...{ split: allOn(1), pins: [], mirror: null, backends: [], guard: null },
      },
      { target: { type: "none" }, project: "default", environment: "production", name: "plane", kind: "prompt" },
    );
  await put(epoch);
  expect(link.route(id)).toMatchObject({ id, epoch, split: allOn(1) });
  expect([link.connected(id), link.connected("dep_program"), link.connected()]).toEqual([true, false, false]);
  expect(link.routes()).toContain(id);
  await expect(put(epoch - 1)).rejects.toMatchObject({ code: "aborted" });
  await expect(put(epoch + 1)).rejects.toMatchObject({ code: "unavailable" });
  await api.database.db.deleteFrom("deployments").where("id", "=", id).execute();
  await link.remove(id);
  expect(link.route(id)).toBeNull();
});

test("readings are counted for every server together, what a rule decided aside", async () => {
  const id = await insertPrompt(api.services, { name: "counted" });
  const pins = [{ revision: 2, headers: { beta: "yes" }, cookies: {} }];
  await want(api.database.db, id, { split: half, pins });
  await expect.poll(() => splitsOf(id)).toEqual([half, half]);
  const { db } = api.database;
  for (const { resolver } of servers) {
    const service = createResolveService({ db, resolver, random: Math.random });
    const name = { id: "counted", environment: "development" };
    for (const key of keys.slice(0, 50)) await service.resolve(LOCAL_ADMIN, name, { key, context: {} });
    await service.resolve(LOCAL_ADMIN, name, { key: "ada", context: { beta: "yes" } });
  }
  const exposures = () => observed(id).map((one) => one?.stats.reduce((sum, stats) => sum + (stats.exposures ?? 0), 0));
  await report(id, 1, false, 1);
  await expect
    .poll(async () => {
      for (const { resolver } of servers) await resolver.refresh([id]);
      return exposures();
    })
    .toEqual([100, 100]);
});

test("the database may go away: everybody goes on with what was read last", async () => {
  const id = await insertPrompt(api.services, { name: "offline" });
  await want(api.database.db, id, { split: half });
  await expect.poll(() => splitsOf(id)).toEqual([half, half]);
  const { resolver } = servers[0] ?? {};
  if (resolver === undefined) throw new Error("no server");
  const broken = new Proxy(api.database.db, {
    get() {
      throw new Error("the database is away");
    },
  });
  const service = createResolveService({ db: broken, resolver, random: Math.random });
  const { resolution } = await service.resolve(LOCAL_ADMIN, { id: "offline" }, { key: "ada", context: {} });
  expect([1, 2]).toContain(resolution.revision);
});
