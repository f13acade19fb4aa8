import { type Instant, invalidField, SluiceError } from "@sluice/core";
import type { Kysely } from "kysely";
import type { Principal } from "../access/principal.ts";
import { newId } from "../db/ids.ts";
import type { Database } from "../db/schema.ts";
import { type DeploymentName, requireDeployment } from "../deployment/deployment.lookup.ts";
import type { StoredDeployment } from "../deployment/deployment.store.ts";
import { revisionsNamed } from "../goal/goal.store.ts";
import { keyOfCursor, type Page, toPage } from "../http/page.ts";
import type { ResolveService } from "../resolve/resolve.service.ts";
import type { FeedbackReceipt, FeedbackReport, FeedbackView } from "./feedback.schema.ts";
import { forgetOldReports, listReports, type StoredReport } from "./feedback.store.ts";
import { createFeedbackWriter, type WrittenReport } from "./feedback.writer.ts";

export interface FeedbackService {
  /**
   * Takes reports of how answers went, all of them or none; on disk when it resolves. `field` is where they stand in the body, empty
   * for a single one. Throws `invalid_argument` for a revision that the deployment has not, or a version that does not tell
   * the revision, and `failed_precondition` for anything but a prompt.
   */
  record(
    principal: Principal,
    name: DeploymentName,
    reports: readonly FeedbackReport[],
    field?: string,
  ): Promise<FeedbackReceipt>;
  /** Newest first. */
  list(
    principal: Principal,
    name: DeploymentName,
    query: { revision?: number | undefined; limit: number; cursor?: string | undefined },
  ): Promise<Page<FeedbackView>>;
  forgetOld(): Promise<void>;
}

interface Deps {
  db: Kysely<Database>;
  clock: () => Instant;
  resolves: Pick<ResolveService, "revisionFor">;
}

/** Of high volume, so reports are kept and not audited. */
export function createFeedbackService({ db, clock, resolves }: Deps): FeedbackService {
  const writer = createFeedbackWriter(db);
  return {
    async record(principal, name, reports, field = "") {
      const deployment = await requireDeployment(db, principal, "goal.write", name);
      assertPrompt(deployment);
      const place = (index: number, part: string): string => (field === "" ? part : `${field}[${index}].${part}`);
      const revisions = await revisionsOf(deployment, reports, place);
      const at = new Date(clock());
      const written = reports.map(
        (report, index): WrittenReport => ({
          id: newId("fbk"),
          deployment: deployment.id,
          revision: revisions[index] ?? 0,
          report: report.id ?? null,
          scores: scoresIn(report),
          error: report.error ?? null,
          latencyMs: report.latencyMs ?? null,
          cost: report.cost ?? null,
          comment: report.comment ?? null,
          reportedBy: principal.name,
          receivedAt: at,
          compared: report.reason !== "TARGETING_MATCH",
        }),
      );
      const recorded = await writer.write(written);
      return { recorded, duplicates: reports.length - recorded };
    },
    async list(principal, name, { revision, limit, cursor }) {
      const deployment = await requireDeployment(db, principal, "deployment.read", name);
      const rows = await listReports(db, {
        deployment: deployment.id,
        revision,
        before: keyOfCursor(cursor),
        limit: limit + 1,
      });
      return toPage(
        rows,
        limit,
        (row) => row.id,
        (row) => view(deployment, row),
      );
    },
    forgetOld: () => forgetOldReports(db),
  };

  async function revisionsOf(
    deployment: StoredDeployment,
    reports: readonly FeedbackReport[],
    place: (index: number, part: string) => string,
  ): Promise<number[]> {
    const named = await revisionsNamed(db, deployment.id, {
      numbers: reports.flatMap(({ revision }) => revision ?? []),
      versions: reports.flatMap(({ version }) => version ?? []),
    });
    const answers: number[] = [];
    for (const [index, { revision, version, key }] of reports.entries()) {
      if (revision !== undefined) {
        if (!named.some(({ number }) => number === revision)) {
          throw invalidField(place(index, "revision"), revision, "a revision of this deployment");
        }
        answers.push(revision);
      } else if (version !== undefined) {
        const [found, other] = named.filter((candidate) => candidate.version === version);
        if (found === undefined) {
          throw invalidField(place(index, "version"), version, "a version that this deployment has run");
        }
        if (other !== undefined) {
          const both = `both ${other.number} and ${found.number} have this version`;
          throw invalidField(place(index, "version"), version, `\`revision\` instead: ${both}`);
        }
        answers.push(found.number);
      } else answers.push(await resolves.revisionFor(deployment, key ?? null));
    }
    return answers;
  }
}

function assertPrompt({ name, kind }: StoredDeployment): void {
  if (kind === "prompt") return;
  const instead = "the gateway measures its answers, and scores go to /v1/deployments/{id}/scores";
  throw new SluiceError("failed_precondition", `deployment ${name} is of kind ${kind}, not a prompt: ${instead}`);
}

function scoresIn({ score, scores }: FeedbackReport): Record<string, number> | null {
  if (score === undefined && scores === undefined) return null;
  return { ...scores, ...(score !== undefined && { quality: score }) };
}

const view = (deployment: StoredDeployment, row: StoredReport & { version: string }): FeedbackView => ({
  id: row.id,
  deployment: deployment.name,
  revision: row.revision,
  version: row.version,
  report: row.report,
  scores: row.scores ?? {},
  error: row.error,
  latencyMs: row.latencyMs,
  cost: row.cost,
  comment: row.comment,
  receivedAt: row.receivedAt.toISOString(),
  reportedBy: row.reportedBy,
});
