import { AsyncLocalStorage } from "node:async_hooks";
import { SluiceError } from "@sluice/core";
import type { Kysely } from "kysely";
import { isAmbient } from "../db/ambient.ts";
import type { Db } from "../db/database.ts";
import { isAway } from "../db/outage.log.ts";
import type { Database } from "../db/schema.ts";
import { insertScores } from "../metric/score.store.ts";
import { binOfReport } from "../resolve/counts.ts";
import { addCounts, type CountRow, tellResolvers } from "../resolve/resolve.store.ts";
import { insertReports, type StoredReport } from "./feedback.store.ts";

export interface WrittenReport extends StoredReport {
  /** Whether it says something about an arm that was dealt by lot. */
  compared: boolean;
}

/** Writes reports: as they are kept, as counts for guard and judge, as scores for metrics. All of a call, or none. */
export interface FeedbackWriter {
  /** On disk when it resolves. Answers how many were new. Those that come at the same time share a commit. */
  write(reports: readonly WrittenReport[]): Promise<number>;
}

interface Waiting {
  reports: readonly WrittenReport[];
  done: (recorded: number) => void;
  failed: (error: unknown) => void;
}

/** Reports of one commit; a single call may bring as many. */
const MOST_AT_ONCE = 1_000;
/** Reports that may wait for the database before callers are asked to come back. */
const MOST_WAITING = 20_000;

export function createFeedbackWriter(db: Kysely<Database>): FeedbackWriter {
  const waiting: Waiting[] = [];
  let waitingReports = 0;
  let writing = false;
  // What a request brings is written for many requests together, and takes part in no transaction of one of them.
  const outside = AsyncLocalStorage.snapshot();

  const takeSome = (): Waiting[] => {
    let reports = 0;
    const count = waiting.findIndex((entry, index) => {
      reports += entry.reports.length;
      return index > 0 && reports > MOST_AT_ONCE;
    });
    return waiting.splice(0, count === -1 ? waiting.length : count);
  };

  const writeAll = async (): Promise<void> => {
    writing = true;
    while (waiting.length > 0) {
      const batch = takeSome();
      waitingReports -= sizeOf(batch);
      await writeBatch(db, batch);
    }
    writing = false;
  };

  return {
    async write(reports) {
      if (isAmbient()) {
        const fresh = await db.transaction().execute((tx) => writeReports(tx, reports));
        return fresh.size;
      }
      if (waitingReports + reports.length > MOST_WAITING) {
        return Promise.reject(
          new SluiceError("unavailable", "too many reports wait to be written; come back in a moment"),
        );
      }
      return new Promise((done, failed) => {
        waiting.push({ reports, done, failed });
        waitingReports += reports.length;
        if (!writing) outside(() => writeAll());
      });
    },
  };
}

const sizeOf = (batch: readonly Waiting[]): number => batch.reduce((sum, { reports }) => sum + reports.length, 0);

async function writeBatch(db: Kysely<Database>, batch: readonly Waiting[]): Promise<void> {
  try {
    const fresh = await db.transaction().execute((tx) =>
      writeReports(
        tx,
        batch.flatMap(({ reports }) => reports),
      ),
    );
    for (const { reports, done } of batch) done(reports.filter(({ id }) => fresh.has(id)).length);
  } catch (error) {
    // One that cannot be written must not take the others with it; a database that is away takes them all.
    if (batch.length === 1 || isAway(error)) for (const { failed } of batch) failed(error);
    else for (const one of batch) await writeBatch(db, [one]);
  }
}

/** In the caller's transaction. Answers the ids of those that were new. */
async function writeReports(tx: Db, reports: readonly WrittenReport[]): Promise<Set<string>> {
  const fresh = await insertReports(
    tx,
    reports.map(({ compared, ...report }) => report),
  );
  const counted = reports.filter(({ id }) => fresh.has(id));
  await addCounts(tx, counted.flatMap(countOf));
  for (const scores of scoresOf(counted)) await insertScores(tx, scores);
  await tellResolvers(tx, [...new Set(counted.map(({ deployment }) => deployment))]);
  return fresh;
}

function countOf({ compared, deployment, revision, error, latencyMs }: WrittenReport): CountRow[] {
  const bin = compared ? binOfReport({ error: error ?? undefined, latencyMs: latencyMs ?? undefined }) : null;
  return bin === null ? [] : [{ deployment, revision, bin, count: 1 }];
}

/** What metrics with source `evaluations` read, one row for each revision and metric. */
function scoresOf(reports: readonly WrittenReport[]) {
  const rows = new Map<string, { deployment: string; revision: number; metric: string; scores: number[]; at: Date }>();
  for (const { compared, deployment, revision, scores, cost, receivedAt } of reports) {
    if (!compared) continue;
    const figures = Object.entries({ ...scores, ...(cost !== null && { cost }) });
    for (const [metric, value] of figures) {
      const key = JSON.stringify([deployment, revision, metric]);
      const row = rows.get(key) ?? { deployment, revision, metric, scores: [], at: receivedAt };
      row.scores.push(value);
      rows.set(key, row);
    }
  }
  return rows.values();
}
