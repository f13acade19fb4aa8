import { AsyncLocalStorage } from "node:async_hooks";
import {
  type AbortableOperationOptions,
  CompiledQuery,
  type DatabaseConnection,
  type Driver,
  type Kysely,
  PostgresDialect,
  type PostgresDialectConfig,
  type TransactionSettings,
} from "kysely";
import type { Database } from "./schema.ts";

/** The transaction that everything in the current asynchronous context takes part in. */
interface Ambient {
  connection: DatabaseConnection;
  depth: number;
}

const storage = new AsyncLocalStorage<Ambient>();

/**
 * Runs `work` so that every query it makes, on whatever handle, belongs to the one transaction `within` has open;
 * a transaction that it begins becomes a savepoint. This is how the answer to an Idempotency-Key is committed together
 * with the change that it answers for, without the services knowing of keys.
 */
export async function inAmbientTransaction<Result>(db: Kysely<Database>, work: () => Promise<Result>): Promise<Result> {
  // Inside of another one it is a part of that one.
  if (storage.getStore() !== undefined) return db.transaction().execute(work);
  return db.connection().execute((bound) =>
    bound.getExecutor().provideConnection(async (connection) => {
      await connection.executeQuery(CompiledQuery.raw("begin"));
      try {
        const result = await storage.run({ connection, depth: 0 }, work);
        await connection.executeQuery(CompiledQuery.raw("commit"));
        return result;
      } catch (error) {
        await connection.executeQuery(CompiledQuery.raw("rollback")).catch(() => undefined);
        throw error;
      }
    }),
  );
}

/** Whether queries made here belong to a transaction of somebody else's, who must not be kept waiting for another connection. */
export const isAmbient = (): boolean => storage.getStore() !== undefined;

/** PostgreSQL as Kysely knows it, heeding `inAmbientTransaction`. */
export class AmbientPostgresDialect extends PostgresDialect {
  readonly #config: PostgresDialectConfig;

  constructor(config: PostgresDialectConfig) {
    super(config);
    this.#config = config;
  }

  override createDriver(): Driver {
    return new AmbientDriver(new PostgresDialect(this.#config).createDriver());
  }
}

class AmbientDriver implements Driver {
  readonly #inner: Driver;

  constructor(inner: Driver) {
    this.#inner = inner;
  }

  init(options?: AbortableOperationOptions): Promise<void> {
    return this.#inner.init(options);
  }

  destroy(options?: AbortableOperationOptions): Promise<void> {
    return this.#inner.destroy(options);
  }

  async acquireConnection(options?: AbortableOperationOptions): Promise<DatabaseConnection> {
    return storage.getStore()?.connection ?? this.#inner.acquireConnection(options);
  }

  async releaseConnection(connection: DatabaseConnection): Promise<void> {
    if (ambientOf(connection) === null) await this.#inner.releaseConnection(connection);
  }

  async beginTransaction(connection: DatabaseConnection, settings: TransactionSettings): Promise<void> {
    const ambient = ambientOf(connection);
    if (ambient === null) return this.#inner.beginTransaction(connection, settings);
    ambient.depth += 1;
    await connection.executeQuery(CompiledQuery.raw(`savepoint ambient_${ambient.depth}`));
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    const ambient = ambientOf(connection);
    if (ambient === null) return this.#inner.commitTransaction(connection);
    await connection.executeQuery(CompiledQuery.raw(`release savepoint ambient_${ambient.depth}`));
    ambient.depth -= 1;
  }

  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    const ambient = ambientOf(connection);
    if (ambient === null) return this.#inner.rollbackTransaction(connection);
    await connection.executeQuery(CompiledQuery.raw(`rollback to savepoint ambient_${ambient.depth}`));
    ambient.depth -= 1;
  }
}

function ambientOf(connection: DatabaseConnection): Ambient | null {
  const ambient = storage.getStore();
  return ambient?.connection === connection ? ambient : null;
}
