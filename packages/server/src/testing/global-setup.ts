import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import type { TestProject } from "vitest/node";
import { processConfig } from "../config.ts";
import { createPool } from "../db/database.ts";
import { startEmbedded } from "../db/embedded.ts";
import { migrate } from "../db/migrate.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** A PostgreSQL that lives as long as the test run. */
    databaseUrl: string;
    /** The migrated database that every test file's own one is copied from. */
    databaseTemplate: string;
  }
}

const quiet = { info: () => undefined, warn: () => undefined };

/** One PostgreSQL for all integration tests of a run: DATABASE_URL's, or an embedded one that forgets on power loss. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { databaseUrl } = processConfig();
  const server = databaseUrl === null ? await startTemporary() : { url: databaseUrl, stop: async () => undefined };
  const template = `sluice_test_${process.pid}_template`;
  await statement(server.url, `create database ${template}`);
  const pool = createPool(withDatabase(server.url, template), 2, () => undefined);
  await migrate(pool);
  await pool.end();
  project.provide("databaseUrl", server.url);
  project.provide("databaseTemplate", template);
  return async () => {
    if (databaseUrl !== null) await statement(server.url, `drop database ${template} with (force)`);
    await server.stop();
  };
}

async function startTemporary(): Promise<{ url: string; stop(): Promise<void> }> {
  const dataDir = await mkdtemp(join(tmpdir(), "sluice-test-"));
  const settings = { fsync: "off", synchronous_commit: "off", full_page_writes: "off", max_connections: "300" };
  const database = await startEmbedded({ dataDir, logger: quiet, settings });
  return {
    url: database.url,
    stop: async () => {
      await database.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

export function withDatabase(url: string, name: string): string {
  const copy = new URL(url);
  copy.pathname = `/${name}`;
  return copy.href;
}

/** Runs one statement on a connection of its own. */
export async function statement(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
