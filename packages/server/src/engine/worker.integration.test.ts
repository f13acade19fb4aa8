import { sql } from "kysely";
import pino from "pino";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type TestDatabase, testDatabase } from "../testing/database.ts";
import { wakeDeployment } from "./wake.ts";
import { startWorker, type Worker } from "./worker.ts";

let database: TestDatabase;
let worker: Worker;
/** Reconciles under way, each with what ends it. */
const running = new Map<string, () => void>();

beforeEach(async () => {
  running.clear();
  database = await testDatabase();
  worker = await startWorker({
    db: database.db,
    pool: database.pool,
    server: null,
    concurrency: 4,
    reconcile: async (deployment) => {
      await new Promise<void>((resolve) => running.set(deployment, resolve));
      return { wakeAt: null };
    },
    logger: pino({ level: "silent" }),
    now: Date.now,
  });
});
afterEach(async () => {
  await worker.close();
  await database.close();
});

/** From now on, the database refuses to delete one job. */
async function refuseOnce(): Promise<() => Promise<boolean>> {
  const { db } = database;
  await sql`create sequence refusals`.execute(db);
  await sql`create function refuse_once() returns trigger language plpgsql as $$
    begin
      if nextval('public.refusals') = 1 then raise exception 'not now'; end if;
      return old;
    end $$`.execute(db);
  await sql`create trigger refuse_once before delete on graphile_worker._private_jobs
    for each row execute function refuse_once()`.execute(db);
  return async () => {
    const { rows } = await sql<{ is_called: boolean }>`select is_called from refusals`.execute(db);
    return rows[0]?.is_called === true;
  };
}

const jobs = async (): Promise<number> => {
  const { rows } = await sql<{ count: number }>`select count(*) from graphile_worker._private_jobs`.execute(
    database.db,
  );
  return rows[0]?.count ?? 0;
};

/** Four reconciles, the end of the first of which cannot be written down; those of the others can. */
async function losesAnEnd(): Promise<void> {
  const names = ["dep_a", "dep_b", "dep_c", "dep_d"];
  for (const name of names) await wakeDeployment(database.db, name);
  await expect.poll(() => [...running.keys()].sort()).toEqual(names);
  const refused = await refuseOnce();
  running.get("dep_a")?.();
  await expect.poll(refused).toBe(true);
  for (const [name, left] of [
    ["dep_b", 3],
    ["dep_c", 2],
    ["dep_d", 1],
  ] as const) {
    running.get(name)?.();
    await expect.poll(jobs).toBe(left);
  }
}

test("a job whose end the database does not take is done again, and the worker goes on", async () => {
  await losesAnEnd();
  running.clear();
  await wakeDeployment(database.db, "dep_e");
  await expect.poll(() => [...running.keys()].sort()).toEqual(["dep_a", "dep_e"]);
  for (const end of running.values()) end();
  await expect.poll(jobs).toBe(0);
});

test("a worker that is closed then comes to its end", async () => {
  await losesAnEnd();
  await worker.close();
  // The job is there for the next server.
  expect(await jobs()).toBe(1);
});
