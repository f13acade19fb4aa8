import { type Instant, invalidField } from "@sluice/core";
import type { Kysely } from "kysely";
import type { Principal } from "../access/principal.ts";
import type { Db } from "../db/database.ts";
import type { Database } from "../db/schema.ts";
import { type DeploymentName, requireDeployment } from "../deployment/deployment.lookup.ts";
import type { ScoreReceipt, ScoresBody } from "./score.schema.ts";
import { insertScores } from "./score.store.ts";

export interface ScoreService {
  /**
   * Takes scores of live answers; the judge of a rollout that asks for the metric reads them about a second later. Throws `invalid_argument`
   * for a revision that the deployment has not, or a version that does not tell the revision.
   */
  record(principal: Principal, name: DeploymentName, body: ScoresBody): Promise<ScoreReceipt>;
}

/** Of high volume, so they are kept and not audited. */
export function createScoreService({ db, clock }: { db: Kysely<Database>; clock: () => Instant }): ScoreService {
  return {
    async record(principal, name, { metric, scores, ...named }) {
      const deployment = await requireDeployment(db, principal, "goal.write", name);
      const revision = await revisionOf(db, deployment.id, named);
      await insertScores(db, { deployment: deployment.id, revision, metric, scores, at: new Date(clock()) });
      return { recorded: scores.length, revision };
    },
  };
}

async function revisionOf(db: Db, deployment: string, { revision, version }: Pick<ScoresBody, "revision" | "version">) {
  let query = db
    .selectFrom("revisions as r")
    .innerJoin("versions as v", "v.id", "r.version_id")
    .select("r.number")
    .where("r.deployment_id", "=", deployment)
    .orderBy("r.number", "desc")
    .limit(2);
  if (revision !== undefined) query = query.where("r.number", "=", revision);
  if (version !== undefined) query = query.where("v.version", "=", version);
  const [found, other] = await query.execute();
  if (found !== undefined && other === undefined) return found.number;
  if (revision !== undefined) throw invalidField("revision", revision, "a revision of this deployment");
  const allowed =
    found === undefined || other === undefined
      ? "a version that this deployment has run"
      : `\`revision\` instead: both ${other.number} and ${found.number} have this version`;
  throw invalidField("version", version, allowed);
}
