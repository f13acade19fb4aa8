import { afterAll, beforeAll, expect, test } from "vitest";
import { type TestApp, testApp } from "../testing/app.ts";
import { forgetOldKeys } from "./idempotency.ts";

let api: TestApp;
beforeAll(async () => {
  api = await testApp();
});
afterAll(() => api.close());

const create = (key: string, name: string) =>
  api.ask("POST", "/v1/artifacts", { body: { name, kind: "agent" }, headers: { "idempotency-key": key } });

const countOf = async (name: string): Promise<number> =>
  (await api.database.db.selectFrom("artifacts").select("id").where("name", "=", name).execute()).length;

test("the same key and body get the same answer, once carried out", async () => {
  const first = await create("k-1", "once");
  const second = await create("k-1", "once");
  expect(first.status).toBe(201);
  expect(second).toMatchObject({ status: 201, body: first.body, headers: { "idempotency-replayed": "true" } });
});

test("the same key with another body is refused, and nothing is done", async () => {
  await create("k-2", "mine");
  expect(await create("k-2", "other")).toMatchObject({ status: 409, body: { code: "already_exists" } });
  expect(await countOf("other")).toBe(0);
});

test("requests with one key at the same time are one request", async () => {
  const answers = await Promise.all(Array.from({ length: 8 }, () => create("k-3", "together")));
  expect(answers.map((answer) => answer.status)).toEqual(Array(8).fill(201));
  expect(new Set(answers.map((answer) => answer.text)).size).toBeLessThanOrEqual(2);
  expect(new Set(answers.map((answer) => JSON.stringify(Object.entries(answer.body ?? {}).sort()))).size).toBe(1);
  expect(await countOf("together")).toBe(1);
});

test("a key whose request failed may be used again", async () => {
  expect(await create("k-4", "Not A Name")).toMatchObject({ status: 400 });
  expect(await create("k-4b", "once")).toMatchObject({ status: 409 });
  expect(await create("k-4", "fine")).toMatchObject({ status: 201 });
  expect(await create("k-4b", "fine-too")).toMatchObject({ status: 201 });
});

test("the change and the answer are kept together or not at all", async () => {
  const { db, pool } = api.database;
  await pool.query(
    `create function refuse() returns trigger language plpgsql as $$ begin raise exception 'disk full'; end $$`,
  );
  await pool.query("create trigger refuse before update on idempotency_keys for each row execute function refuse()");
  expect(await create("k-5", "torn")).toMatchObject({ status: 500 });
  await pool.query("drop trigger refuse on idempotency_keys");
  expect(await countOf("torn")).toBe(0);
  expect(await db.selectFrom("idempotency_keys").select("key").where("key", "=", "k-5").execute()).toEqual([]);
  expect(await create("k-5", "torn")).toMatchObject({ status: 201 });
});

test("an answer without a body is repeated too", async () => {
  await api.ask("PUT", "/v1/environments/gone", { body: {} });
  const remove = () => api.ask("DELETE", "/v1/environments/gone", { headers: { "idempotency-key": "k-6" } });
  expect(await remove()).toMatchObject({ status: 204 });
  expect(await remove()).toMatchObject({ status: 204, text: "" });
});

test("a secret is shown once: its answer is not kept, and its key makes no second token", async () => {
  const ask = () =>
    api.ask("POST", "/v1/tokens", { body: { name: "ci", role: "viewer" }, headers: { "idempotency-key": "k-7" } });
  const first = await ask();
  expect(first.status).toBe(201);
  expect(await ask()).toMatchObject({ status: 409, body: { code: "already_exists" } });
  const secret = (first.body as { token: string }).token;
  const { rows } = await api.database.pool.query("select count(*)::int as n from tokens");
  expect(rows).toEqual([{ n: 1 }]);
  for (const table of ["idempotency_keys", "audit_entries", "events", "tokens"]) {
    const kept = await api.database.pool.query(`select t::text as text from ${table} t`);
    expect(kept.rows.some((row: { text: string }) => row.text.includes(secret))).toBe(false);
  }
});

test("a key that is no key is refused", async () => {
  expect(await create("has space", "x")).toMatchObject({ status: 400 });
});

test("old keys are forgotten", async () => {
  await create("k-8", "old");
  await api.database.pool.query("update idempotency_keys set created_at = now() - interval '2 days' where key = 'k-8'");
  await forgetOldKeys(api.database.db);
  expect(await create("k-8", "new")).toMatchObject({ status: 201 });
});
