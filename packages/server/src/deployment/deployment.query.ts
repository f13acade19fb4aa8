import { type ArtifactKind, type DeploymentStatus, SluiceError } from "@sluice/core";
import type { Kysely } from "kysely";
import { authorise, projectOf } from "../access/authorise.ts";
import type { Principal } from "../access/principal.ts";
import type { Db } from "../db/database.ts";
import type { Database } from "../db/schema.ts";
import type { Live } from "../engine/live.ts";
import { keyOfCursor, type Page, toPage } from "../http/page.ts";
import { type RevisionRef, revisionsAt } from "../revision/revision.store.ts";
import { type DeploymentName, requireDeployment } from "./deployment.lookup.ts";
import { listDeployments, type StoredDeployment } from "./deployment.store.ts";
import { type DeploymentPicture, statusOf } from "./deployment.view.ts";
import { surroundingsOf } from "./picture.store.ts";

export interface ListQuery {
  project?: string | undefined;
  environment?: string | undefined;
  name?: string | undefined;
  artifact?: string | undefined;
  kind?: ArtifactKind | undefined;
  status?: DeploymentStatus | undefined;
  label?: Record<string, string> | undefined;
  limit: number;
  cursor?: string | undefined;
}

export interface DeploymentQueries {
  get(principal: Principal, name: DeploymentName): Promise<DeploymentPicture>;
  /** Newest first. `status` is not a column: it is computed, and the list is read on until the page is full. */
  list(principal: Principal, query: ListQuery): Promise<Page<DeploymentPicture>>;
  /** Of a deployment that was just changed. */
  picture(deployment: StoredDeployment): Promise<DeploymentPicture>;
}

/** How many deployments are looked at in one go. */
const BATCH = 200;

export function createDeploymentQueries({ db, live }: { db: Kysely<Database>; live: Live }): DeploymentQueries {
  const only = async (deployment: StoredDeployment): Promise<DeploymentPicture> => {
    const [picture] = await pictures(db, live, [deployment]);
    if (picture === undefined) {
      throw new SluiceError("not_found", `deployment ${deployment.name} was deleted a moment ago`);
    }
    return picture;
  };
  return {
    get: async (principal, name) => only(await requireDeployment(db, principal, "deployment.read", name)),
    list: (principal, query) => list(db, live, principal, query),
    picture: only,
  };
}

async function list(db: Db, live: Live, principal: Principal, query: ListQuery): Promise<Page<DeploymentPicture>> {
  const project = projectOf(principal, query.project);
  const environment = query.environment ?? principal.environment;
  authorise(principal, "deployment.read", { project, ...(environment !== null && { environment }) });
  const { name, artifact, kind, status, label: labels, limit } = query;
  const size = status === undefined ? limit + 1 : BATCH;
  const found: DeploymentPicture[] = [];
  for (let before = keyOfCursor(query.cursor); found.length <= limit; ) {
    const rows = await listDeployments(db, { project, environment, name, artifact, kind, labels, before, limit: size });
    const batch = await pictures(db, live, rows);
    found.push(...batch.filter((picture) => status === undefined || statusOf(picture) === status));
    before = rows.at(-1)?.id;
    if (rows.length < size) break;
  }
  return toPage(
    found,
    limit,
    (picture) => picture.deployment.id,
    (picture) => picture,
  );
}

/**
 * What is known of the deployments, in a fixed number of queries however many there are. One that was deleted between
 * two of them is left out.
 */
async function pictures(db: Db, live: Live, deployments: readonly StoredDeployment[]): Promise<DeploymentPicture[]> {
  const ids = deployments.map((deployment) => deployment.id);
  // One query after the other: a request with an Idempotency-Key has a single connection for everything.
  const surroundings = await surroundingsOf(db, ids);
  const statuses = await Promise.all(ids.map((id) => live.observe(id)));
  const parts = deployments.flatMap((deployment, index) => {
    const around = surroundings.get(deployment.id);
    if (around === undefined) return [];
    return [{ deployment, ...around, statuses: statuses[index] ?? [], observed: live.route(deployment.id) }];
  });
  const refs = parts.flatMap(named);
  const revisions = await revisionsAt(db, refs);
  return parts.flatMap((part) => {
    const known = revisions.get(part.deployment.id);
    return known === undefined ? [] : [{ ...part, revisions: known }];
  });
}

type Part = Omit<DeploymentPicture, "revisions"> & { latestRevision: number };

function named({ deployment, active, workloads, statuses, observed, latestRevision }: Part): RevisionRef[] {
  const numbers = [
    deployment.stableRevision ?? active?.toRevision ?? latestRevision,
    active?.toRevision,
    ...workloads.map((workload) => workload.revision),
    ...statuses.map((status) => status.revision),
    ...(observed?.split ?? []).map((entry) => entry.revision),
  ];
  return [...new Set(numbers)].flatMap((number) =>
    number === undefined ? [] : [{ deployment: deployment.id, number }],
  );
}
