import { Readable } from "node:stream";
import { type Instant, parseStoragePath, SluiceError, type StoragePlace } from "@sluice/core";
import { type Kysely, sql } from "kysely";
import type { Logger } from "pino";
import type { Database } from "../../../db/schema.ts";
import { type ObjectStore, removeAll } from "../../../storage/object-store.ts";
import { findModelDeployment } from "../deployment/deployment.store.ts";
import { type BatchResult, predictLines } from "./batch.predict.ts";
import { type BatchRecord, recordsOf } from "./batch.records.ts";
import { activeBatches, beginBatch, countPart, endBatch, findBatch, type StoredBatch } from "./batch.store.ts";

interface Deps {
  db: Kysely<Database>;
  storage: ObjectStore;
  /** Where the predictions of a deployment are asked for. */
  urlOf(deployment: number): string;
  clock: () => Instant;
  logger: Logger;
}

/** Lines of one part of the output: as much is done again, at most, when a server dies. */
const PART = 500;
/** Jobs that one server works on at once. */
const AT_ONCE = 2;
/** Milliseconds between two looks for jobs. */
const LOOK_EVERY = 500;

/**
 * Works on the jobs over files until closed, each by one server at a time. A part of the output is kept in the storage
 * before it is counted in the database, under a name of its number: whoever goes on after a death writes the uncounted
 * part again, in the same place, and no line is lost or there twice.
 */
export function startBatches({ db, storage, urlOf, clock, logger }: Deps): { close(): Promise<void> } {
  const over = new AbortController();
  const working = new Map<number, Promise<void>>();

  const look = async (): Promise<void> => {
    const room = AT_ONCE - working.size;
    const batches = room === 0 ? [] : await activeBatches(db);
    for (const batch of batches.filter(({ id }) => !working.has(id)).slice(0, room)) {
      const work = claimed(db, batch.id, () => run(batch.id))
        .catch((err: unknown) =>
          logger.warn({ err, batch: batch.id }, "a job over a file stopped; it is taken up again"),
        )
        .finally(() => working.delete(batch.id));
      working.set(batch.id, work);
    }
  };
  let looking: Promise<void> | null = null;
  const timer = setInterval(() => {
    // A look that waits for the database is not joined by others that wait for it.
    looking ??= look()
      .catch((err: unknown) => logger.debug({ err }, "jobs over files could not be looked for"))
      .finally(() => {
        looking = null;
      });
  }, LOOK_EVERY);

  const run = async (id: number): Promise<void> => {
    await beginBatch(db, id, new Date(clock()));
    const batch = await findBatch(db, id);
    if (batch?.status !== "running") return;
    try {
      await predictAll(batch);
      await gather(batch.spec.output, id);
      await endBatch(db, id, { status: "completed", reason: null }, new Date(clock()));
      await removeAll(storage, partsOf(batch.spec.output));
    } catch (error) {
      if (over.signal.aborted || error === STOPPED) return;
      if (!(error instanceof SluiceError) || error.code === "unavailable") throw error;
      await endBatch(db, id, { status: "failed", reason: error.message }, new Date(clock()));
    }
  };

  /** From the first part that is not counted on. */
  const predictAll = async (batch: StoredBatch): Promise<void> => {
    const { input, format, output, batchSize, concurrency } = batch.spec;
    const asking = { url: urlOf(batch.deploymentId), batchSize, concurrency, signal: over.signal };
    let parts = batch.parts;
    for await (const { first, records } of chunks(
      recordsOf(await storage.get(parseStoragePath(input)), format),
      parts,
    )) {
      if ((await findModelDeployment(db, batch.deploymentId)) === undefined) {
        throw new SluiceError("failed_precondition", `deployment ${batch.deploymentId} does not exist any more`);
      }
      const lines = records.map((record, index) => ({ line: first + index, record }));
      const results = await predictLines(lines, asking);
      await storage.put(partOf(output, parts), Readable.from([textOf(results)]));
      const failed = results.filter((result) => "error" in result).length;
      if (!(await countPart(db, { id: batch.id, parts }, { lines: results.length, failed }))) throw STOPPED;
      parts += 1;
    }
  };

  /** The parts, in order, as one file. */
  const gather = async (output: string, id: number): Promise<void> => {
    const parts = (await findBatch(db, id))?.parts ?? 0;
    const all = async function* () {
      for (let part = 0; part < parts; part += 1) yield* await storage.get(partOf(output, part));
    };
    await storage.put(parseStoragePath(output), Readable.from(all(), { objectMode: false }));
  };

  return {
    async close() {
      clearInterval(timer);
      over.abort();
      await looking;
      await Promise.all(working.values());
    },
  };
}

/** The job is over, or somebody else's: nothing more is done for it here. */
const STOPPED = new Error("the job is not this server's any more");

const textOf = (results: readonly BatchResult[]): string =>
  results.map((result) => `${JSON.stringify(result)}\n`).join("");

const partsOf = (output: string): StoragePlace => {
  const { bucket, key } = parseStoragePath(output);
  return { bucket, key: `${key}.parts` };
};

const partOf = (output: string, part: number): StoragePlace => {
  const { bucket, key } = partsOf(output);
  return { bucket, key: `${key}/${String(part).padStart(8, "0")}` };
};

/** Records by parts, without those of the parts that are done; `first` is the number of the first line, from 1 on. */
async function* chunks(records: AsyncIterable<BatchRecord>, done: number) {
  let chunk: BatchRecord[] = [];
  let number = 0;
  for await (const record of records) {
    number += 1;
    if (number <= done * PART) continue;
    chunk.push(record);
    if (chunk.length < PART) continue;
    yield { first: number - PART + 1, records: chunk };
    chunk = [];
  }
  if (chunk.length > 0) yield { first: number - chunk.length + 1, records: chunk };
}

/** One server at a time, by a lock that the database frees when that server dies. What is counted is fenced besides. */
async function claimed(db: Kysely<Database>, id: number, work: () => Promise<void>): Promise<void> {
  await db.connection().execute(async (connection) => {
    const key = sql`hashtextextended(${`model-batch:${id}`}, 0)`;
    const { rows } = await sql<{ taken: boolean }>`select pg_try_advisory_lock(${key}) as taken`.execute(connection);
    if (rows[0]?.taken !== true) return;
    await work().finally(() => sql`select pg_advisory_unlock(${key})`.execute(connection));
  });
}
