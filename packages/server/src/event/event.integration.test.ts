import { afterAll, beforeAll, expect, test } from "vitest";
import { type TestApp, testApp } from "../testing/app.ts";
import { readMessages } from "../testing/sse.ts";
import { appendEvents, type EventInput } from "./event.store.ts";

let api: TestApp;
let address: string;
beforeAll(async () => {
  api = await testApp();
  address = await api.app.listen({ host: "127.0.0.1", port: 0 });
});
afterAll(() => api.close());

const event = (message: string, more: Partial<EventInput> = {}): EventInput => ({
  project: "default",
  deployment: null,
  rollout: null,
  type: "test.thing.happened",
  message,
  alert: false,
  data: {},
  at: new Date(),
  ...more,
});

const write = (...events: EventInput[]) => api.database.db.transaction().execute((tx) => appendEvents(tx, events));

test("a stream tells what happens after it was opened, and resumes after the last message seen", async () => {
  await write(event("before"));
  // Transactions of other tests, on the same PostgreSQL, may hold it back for a moment.
  const url = "/v1/events?type=test.thing.happened";
  await expect
    .poll(() => api.ask("GET", url, { headers: { accept: "application/json" } }))
    .toMatchObject({ body: { items: [{ message: "before" }] } });
  await using stream = await readMessages(`${address}/v1/events?type=test.thing.happened`);
  await write(event("one"), event("two"));
  const [one, two] = await stream.take(2);
  expect([one?.data.message, two?.data.message]).toEqual(["one", "two"]);
  expect(one?.event).toBe("test.thing.happened");
  await write(event("three"));
  await using resumed = await readMessages(`${address}/v1/events?type=test.thing.happened`, {
    "last-event-id": one?.id ?? "",
  });
  expect((await resumed.take(2)).map((message) => message.data.message)).toEqual(["two", "three"]);
});

test("an event whose transaction commits late is told after those that were numbered later", async () => {
  const { db } = api.database;
  await using stream = await readMessages(`${address}/v1/events?type=test.order.kept`);
  const slow = await db.startTransaction().execute();
  await appendEvents(slow, [event("numbered first", { type: "test.order.kept" })]);
  await write(event("committed first", { type: "test.order.kept" }));
  await slow.commit().execute();
  const seen = (await stream.take(2)).map((message) => message.data.message);
  expect(seen.sort()).toEqual(["committed first", "numbered first"]);
});

test("a stream outlives the connection that listens", async () => {
  const { pool } = api.database;
  await using stream = await readMessages(`${address}/v1/events?type=test.after.cut`);
  await pool.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where query like 'listen%' and pid <> pg_backend_pid()",
  );
  await write(event("still told", { type: "test.after.cut" }));
  expect((await stream.take(1))[0]?.data.message).toBe("still told");
});

test("a list has the same events page by page", async () => {
  for (const message of ["l1", "l2", "l3"]) await write(event(message, { type: "test.list.made", alert: true }));
  const list = async (): Promise<string[]> => {
    const messages: string[] = [];
    for (let cursor = ""; ; ) {
      const url = `/v1/events?type=test.list.made&alert=true&limit=2${cursor}`;
      const { body } = await api.ask("GET", url, { headers: { accept: "application/json" } });
      const page = body as { items: { message: string }[]; nextCursor: string | null };
      messages.push(...page.items.map((item) => item.message));
      if (page.nextCursor === null) return messages;
      cursor = `&cursor=${page.nextCursor}`;
    }
  };
  await expect.poll(() => list()).toEqual(["l1", "l2", "l3"]);
});

test("the events of a rollout that does not exist are not found, and a foreign id is refused", async () => {
  expect(await api.ask("GET", "/v1/rollouts/rol_none/events")).toMatchObject({ status: 404 });
  expect(await api.ask("GET", "/v1/events", { headers: { "last-event-id": "yesterday" } })).toMatchObject({
    status: 400,
    body: { errors: [{ field: "headers.last-event-id" }] },
  });
});

test("closing the server ends its streams", async () => {
  const second = await testApp();
  const where = await second.app.listen({ host: "127.0.0.1", port: 0 });
  await using stream = await readMessages(`${where}/v1/events`);
  await second.close();
  expect(await stream.take(1)).toEqual([]);
});
