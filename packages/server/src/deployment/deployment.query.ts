import type { ArtifactKind, DeploymentStatus } from "@sluice/core";
import type { Kysely } from "kysely";
import { authorise, projectOf } from "../access/authorise.ts";
import type { Principal } from "../access/principal.ts";
import type { Db } from "../db/database.ts";
import type { Database } from "../db/schema.ts";
import type { Live } from "../engine/live.ts";
import { keyOfCursor, type Page, toPage } from "../http/page.ts";
import { type RevisionRef, revisionsAt } from "../revision/revision.store.ts";
import { admit, type DeploymentName, isId, noDeployment, requireDeployment } from "./deployment.lookup.ts";
import { listDeployments, type StoredDeployment } from "./deployment.store.ts";
import { type DeploymentPicture, statusOf } from "./deployment.view.ts";
import { type StoredPicture, storedMembers, storedPicture, storedPictures } from "./picture.store.ts";

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
  const picture = async (name: DeploymentName): Promise<DeploymentPicture> => {
    const stored = await storedPicture(db, name.id);
    const [found] = stored === null ? [] : await watched(db, live, [stored]);
    if (found === undefined) throw noDeployment(name);
    return found;
  };
  return {
    async get(principal, name) {
      if (!isId(name)) return picture(await requireDeployment(db, principal, "deployment.read", name));
      const found = await picture(name);
      admit(found.deployment, principal, "deployment.read", name);
      return found;
    },
    list: (principal, query) => list(db, live, principal, query),
    picture,
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
    const stored = await storedPictures(
      db,
      rows.map((row) => row.id),
    );
    const batch = await watched(db, live, stored);
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

/** Adds what the running system tells of each, and of the members of those at several targets. */
async function watched(db: Db, live: Live, stored: readonly StoredPicture[]): Promise<DeploymentPicture[]> {
  const whole = await alone(db, live, stored);
  const fleets = stored.filter(({ deployment }) => deployment.fleet !== null).map(({ deployment }) => deployment.id);
  if (fleets.length === 0) return whole;
  const members = await alone(db, live, await storedMembers(db, fleets));
  return whole.map((picture) => {
    const own = members.filter(({ deployment }) => deployment.parentId === picture.deployment.id);
    return own.length === 0 ? picture : { ...picture, members: own };
  });
}

async function alone(db: Db, live: Live, stored: readonly StoredPicture[]): Promise<DeploymentPicture[]> {
  const parts = await Promise.all(
    stored.map(async (picture) => {
      const { id, fleet } = picture.deployment;
      if (fleet !== null) return { ...picture, statuses: [], observed: null, members: [] };
      return { ...picture, statuses: await live.observe(id), observed: live.route(id), members: [] };
    }),
  );
  const others = await revisionsAt(db, parts.flatMap(seenAlone));
  return parts.map((part) => {
    const more = others.get(part.deployment.id);
    return more === undefined ? part : { ...part, revisions: new Map([...part.revisions, ...more]) };
  });
}

/** Revisions that still run or have traffic though nobody wants them any more: only the running system tells of them. */
const seenAlone = ({ deployment, revisions, statuses, observed }: DeploymentPicture): RevisionRef[] => {
  const seen = [...statuses, ...(observed?.split ?? [])].map(({ revision }) => revision);
  return [...new Set(seen)]
    .filter((number) => !revisions.has(number))
    .map((number) => ({ deployment: deployment.id, number }));
};
