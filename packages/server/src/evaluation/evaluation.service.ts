import { type EvaluationInput, type Instant, invalidField, SluiceError, seconds } from "@sluice/core";
import type { Kysely, Transaction } from "kysely";
import { authorise, projectOf } from "../access/authorise.ts";
import type { Principal } from "../access/principal.ts";
import { findArtifact } from "../artifact/artifact.store.ts";
import { findVersion, type StoredVersion } from "../artifact/version.store.ts";
import type { Database } from "../db/schema.ts";
import { keyOfCursor, type Page, toPage } from "../http/page.ts";
import { recordEvaluation } from "./evaluation.record.ts";
import { findEvaluation, listEvaluations, type StoredEvaluation } from "./evaluation.store.ts";

export interface EvaluationQuery {
  project?: string | undefined;
  artifact?: string | undefined;
  version?: string | undefined;
  dataset?: string | undefined;
  limit: number;
  cursor?: string | undefined;
}

/** How far the clock of whoever evaluated may be ahead of ours. One from next year would count until then. */
const CLOCK_SKEW = seconds(300);

export type EvaluationService = ReturnType<typeof createEvaluationService>;

export function createEvaluationService({ db, clock }: { db: Kysely<Database>; clock: () => Instant }) {
  return {
    /** Records all of these or none. Throws `not_found` for an artifact or version that does not exist. */
    async record(
      principal: Principal,
      query: { project?: string | undefined },
      inputs: readonly EvaluationInput[],
    ): Promise<StoredEvaluation[]> {
      const project = projectOf(principal, query.project);
      authorise(principal, "evaluation.write", { project });
      const now = clock();
      for (const input of inputs) checkTimes(input, now);
      return db.transaction().execute(async (tx) => {
        const recorded: StoredEvaluation[] = [];
        for (const input of inputs) {
          const { id } = await requireVersion(tx, project, input);
          recorded.push(await recordEvaluation(tx, input, { project, versionId: id, actor: principal.name, now }));
        }
        return recorded;
      });
    },

    /** Newest first, by when they were recorded. */
    async list(principal: Principal, query: EvaluationQuery): Promise<Page<StoredEvaluation>> {
      const project = projectOf(principal, query.project);
      authorise(principal, "evaluation.read", { project });
      const { artifact, version, dataset } = query;
      if (version !== undefined && artifact === undefined) {
        throw invalidField("query.artifact", undefined, "the artifact whose version is asked for");
      }
      const before = keyOfCursor(query.cursor);
      const rows = await listEvaluations(db, { project, artifact, version, dataset, before, limit: query.limit + 1 });
      return toPage(
        rows,
        query.limit,
        (row) => row.id,
        (row) => row,
      );
    },

    async get(principal: Principal, id: string): Promise<StoredEvaluation> {
      const evaluation = await findEvaluation(db, id);
      if (evaluation === undefined || (principal.project !== null && principal.project !== evaluation.project)) {
        throw new SluiceError("not_found", `evaluation ${id} does not exist`);
      }
      authorise(principal, "evaluation.read", evaluation);
      return evaluation;
    },
  };
}

function checkTimes({ startedAt, finishedAt }: EvaluationInput, now: Instant): void {
  const latest = now + CLOCK_SKEW;
  for (const [field, time] of Object.entries({ startedAt, finishedAt })) {
    if (time !== undefined && Date.parse(time) > latest) {
      throw invalidField(field, time, `a time in the past; it is ${new Date(now).toISOString()} here`);
    }
  }
}

async function requireVersion(
  tx: Transaction<Database>,
  project: string,
  { artifact, version }: EvaluationInput,
): Promise<StoredVersion> {
  const found = await findArtifact(tx, project, artifact);
  const missing = (field: string, value: string, why: string) =>
    new SluiceError("not_found", why, { violations: [{ field, found: value, allowed: "one that exists" }] });
  if (found === undefined) {
    throw missing("artifact", artifact, `artifact ${artifact} does not exist in project ${project}`);
  }
  const row = await findVersion(tx, found.id, version);
  if (row === undefined) throw missing("version", version, `artifact ${artifact} has no version ${version}`);
  return row;
}
