import { afterEach, beforeEach, expect, test } from "vitest";
import { type TestApp, testApp } from "../testing/app.ts";

let api: TestApp;
beforeEach(async () => {
  api = await testApp();
  for (const name of ["a", "b", "c"]) await api.ask("POST", "/v1/artifacts", { body: { name, kind: "agent" } });
});
afterEach(() => api.close());

const verify = async () => (await api.ask("GET", "/v1/audit/verify")).body;

test("the chain of what was written verifies, also when it was written at the same time", async () => {
  await Promise.all(
    Array.from({ length: 12 }, (_, at) =>
      api.ask("POST", "/v1/artifacts", { body: { name: `n${at}`, kind: "agent" } }),
    ),
  );
  expect(await verify()).toEqual({ valid: true, entries: 15 });
});

test.each([
  ["changed", "update audit_entries set actor = 'nobody' where seq = 2", 2],
  ["taken out", "delete from audit_entries where seq = 2", 2],
  ["cut off", "delete from audit_entries where seq = 3", 3],
])("an entry that was %s is found", async (_what, statement, seq) => {
  await api.database.pool.query(statement);
  expect(await verify()).toMatchObject({ valid: false, seq });
});

test("a chain longer than what is read at a time verifies to its end", async () => {
  const { db } = api.database;
  const { appendAudit } = await import("./audit.store.ts");
  const entry = { project: "default", actor: "test", action: "test.write", subject: "x", at: new Date(0) };
  await db.transaction().execute(async (tx) => {
    for (let at = 0; at < 1_200; at += 1) await appendAudit(tx, { ...entry, detail: { at } });
  });
  expect(await verify()).toEqual({ valid: true, entries: 1_203 });
  await db.updateTable("audit_entries").set({ subject: "y" }).where("seq", "=", 1_100).execute();
  expect(await verify()).toMatchObject({ valid: false, seq: 1_100 });
});

test("entries are listed newest first and filtered", async () => {
  const { body } = await api.ask("GET", "/v1/audit?action=artifact.create&limit=2");
  expect(body).toMatchObject({
    items: [{ seq: 3, detail: { name: "c" } }, { seq: 2 }],
    nextCursor: expect.any(String),
  });
  const { nextCursor } = body as { nextCursor: string };
  expect(await api.ask("GET", `/v1/audit?action=artifact.create&limit=2&cursor=${nextCursor}`)).toMatchObject({
    body: { items: [{ seq: 1 }], nextCursor: null },
  });
  expect(await api.ask("GET", "/v1/audit?actor=nobody")).toMatchObject({ body: { items: [] } });
  expect(await api.ask("GET", "/v1/audit?cursor=%21")).toMatchObject({ status: 400 });
});

test("entries of a span of time are listed: from its first moment on, without its last", async () => {
  const { db } = api.database;
  const day = (date: number): Date => new Date(Date.UTC(2026, 10, date));
  for (const seq of [1, 2, 3])
    await db
      .updateTable("audit_entries")
      .set({ at: day(seq) })
      .where("seq", "=", seq)
      .execute();
  const seqs = async (query: string): Promise<number[]> => {
    const { body } = await api.ask("GET", `/v1/audit?${query}`);
    return (body as { items: { seq: number }[] }).items.map(({ seq }) => seq);
  };
  expect(await seqs("from=2026-11-02T00:00:00Z")).toEqual([3, 2]);
  expect(await seqs("to=2026-11-02T00:00:00Z")).toEqual([1]);
  expect(await seqs("from=2026-11-02T01:00:00%2B01:00&to=2026-11-02T00:00:01Z")).toEqual([2]);
  expect(await api.ask("GET", "/v1/audit?from=yesterday")).toMatchObject({
    status: 400,
    body: { errors: [{ field: "query.from" }] },
  });
});
