import type { PostgresCursor, PostgresPool, PostgresPoolClient, PostgresQueryResult } from "kysely";
import type pg from "pg";

/** Statements that a connection keeps prepared; each costs it some tens of kilobytes. */
const MOST = 200;

/**
 * The pool for Kysely, with statements parsed once a connection instead of at every use, and planned once where a plan
 * serves all parameters: for short queries that is more than half of the database's work.
 *
 * Three kinds stay as they are: those without parameters, such as `begin`; those that select `*`, because a newer server may
 * add a column under a running one, and PostgreSQL refuses a plan whose result has changed; and what comes after the first
 * `MOST`, so that text that varies without end does not fill the memory of the connections.
 */
export function preparing(pool: pg.Pool): PostgresPool {
  const nameOf = namer();
  return {
    options: pool.options,
    end: () => pool.end(),
    connect: async () => new PreparingClient(await pool.connect(), nameOf),
  };
}

/** A projection of whatever columns there are. */
const EVERYTHING = /\b(?:select|returning) \*|\.\*/;

type Namer = (text: string) => string | null;

/** The same name for the same text on every connection; null for text that is not to be prepared. */
function namer(): Namer {
  const names = new Map<string, string>();
  return (text) => {
    const known = names.get(text);
    if (known !== undefined) return known;
    if (names.size >= MOST || EVERYTHING.test(text)) return null;
    const name = `sluice_${names.size + 1}`;
    names.set(text, name);
    return name;
  };
}

class PreparingClient implements PostgresPoolClient {
  readonly #client: pg.PoolClient;
  readonly #nameOf: Namer;

  constructor(client: pg.PoolClient, nameOf: Namer) {
    this.#client = client;
    this.#nameOf = nameOf;
  }

  query<Row>(text: string, values: readonly unknown[]): Promise<PostgresQueryResult<Row>>;
  query<Row>(cursor: PostgresCursor<Row>): PostgresCursor<Row>;
  query(text: string | PostgresCursor<unknown>, values: readonly unknown[] = []): unknown {
    if (typeof text !== "string") throw new TypeError("nothing here reads by cursor");
    const name = values.length === 0 ? null : this.#nameOf(text);
    return this.#client.query({ text, values: [...values], ...(name !== null && { name }) });
  }

  release(destroy?: boolean): void {
    this.#client.release(destroy);
  }
}
