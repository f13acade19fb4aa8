import { setTimeout } from "node:timers/promises";
import { type Kysely, sql } from "kysely";
import type { Database } from "../db/schema.ts";

/** A part that must work before requests make sense; throws, or does not answer in time, when it does not. */
export type ReadinessCheck = () => Promise<void>;

/** Milliseconds that a check may take. */
const PATIENCE = 2_000;

export const databaseAnswers =
  (db: Kysely<Database>): ReadinessCheck =>
  async () => {
    await sql`select 1`.execute(db);
  };

/** What failed, by the names of the checks; empty when all is well. */
export async function failedChecks(checks: Readonly<Record<string, ReadinessCheck>>): Promise<Map<string, unknown>> {
  const results = await Promise.all(
    Object.entries(checks).map(async ([name, check]) => [name, await failureOf(check)] as const),
  );
  return new Map(results.filter(([, failure]) => failure !== null));
}

async function failureOf(check: ReadinessCheck): Promise<unknown> {
  const over = new AbortController();
  const late = setTimeout(PATIENCE, undefined, { signal: over.signal }).then(
    () => new Error(`no answer in ${PATIENCE} ms`),
    () => null,
  );
  try {
    return await Promise.race([check().then(() => null), late]);
  } catch (error) {
    return error;
  } finally {
    over.abort();
  }
}
