import { readdir, readFile } from "node:fs/promises";
import { runMigrations } from "graphile-worker";
import type pg from "pg";

const FOLDER = new URL("./migrations/", import.meta.url);

/** Any constant: servers that start together take turns. */
const LOCK = 830_390_05;

/**
 * Events are read in the order of their transactions, below the oldest one still open. In a dump that was restored into
 * another cluster they name transactions which that one has yet to begin: they become the oldest of all.
 */
const OWN_RESTORED_EVENTS = "update events set xact = '0' where xact >= pg_snapshot_xmax(pg_current_snapshot())";

/** Brings the schema up to date, each file in a transaction of its own. Safe to call from several servers at once. */
export async function migrate(pool: pg.Pool): Promise<string[]> {
  await runMigrations({ pgPool: pool });
  const client = await pool.connect();
  const applied: string[] = [];
  try {
    await client.query("select pg_advisory_lock($1)", [LOCK]);
    await client.query(
      "create table if not exists migrations (name text primary key, at timestamptz not null default now())",
    );
    const done = new Set(
      (await client.query<{ name: string }>("select name from migrations")).rows.map((row) => row.name),
    );
    const files = (await readdir(FOLDER)).filter((name) => name.endsWith(".sql") && !done.has(name)).sort();
    for (const name of files) {
      await applyOne(client, name);
      applied.push(name);
    }
    await client.query(OWN_RESTORED_EVENTS);
    return applied;
  } finally {
    await client.query("select pg_advisory_unlock($1)", [LOCK]).catch(() => undefined);
    client.release();
  }
}

async function applyOne(client: pg.PoolClient, name: string): Promise<void> {
  const sql = await readFile(new URL(name, FOLDER), "utf8");
  await client.query("begin");
  try {
    await client.query(sql);
    await client.query("insert into migrations (name) values ($1)", [name]);
    await client.query("commit");
  } catch (error) {
    await client.query("rollback");
    throw new Error(`migration ${name} failed and was rolled back`, { cause: error });
  }
}
