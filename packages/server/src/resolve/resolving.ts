import type { Instant } from "@sluice/core";
import type { Kysely } from "kysely";
import type pg from "pg";
import type { Logger } from "pino";
import type { Database } from "../db/schema.ts";
import { keepGuards } from "./guard.keeper.ts";
import { createResolver, type Resolver } from "./resolver.ts";

interface Options {
  db: Kysely<Database>;
  pool: pg.Pool;
  logger: Logger;
  now: () => Instant;
}

/** Begins to deal prompts out, and to watch how that goes. Resolves when every prompt is in memory. */
export async function startResolving(options: Options): Promise<{ resolver: Resolver; close(): Promise<void> }> {
  const resolver = createResolver(options.db);
  const leave = await resolver.follow(options.pool, options.logger);
  const guards = keepGuards({ ...options, resolver });
  return {
    resolver,
    async close() {
      await guards.close();
      await leave();
    },
  };
}
