import { type Change, diff } from "@sluice/core";
import type { Kysely } from "kysely";
import type { Principal } from "../access/principal.ts";
import type { Database } from "../db/schema.ts";
import { requireRevision } from "../deployment/change.ts";
import { type DeploymentName, requireDeployment } from "../deployment/deployment.lookup.ts";
import type { StoredDeployment } from "../deployment/deployment.store.ts";
import { keyOfCursor, type Page, toPage } from "../http/page.ts";
import { activeRollouts } from "../rollout/rollout.store.ts";
import { listRevisions, type StoredRevision } from "./revision.store.ts";

/** A revision, and what it is to its deployment at this moment. */
export interface RevisionInPlace {
  revision: StoredRevision;
  role: "stable" | "candidate" | "earlier";
}

export interface RevisionService {
  /** Newest first. */
  list(
    principal: Principal,
    name: DeploymentName,
    page: { limit: number; cursor?: string | undefined },
  ): Promise<Page<RevisionInPlace>>;
  get(principal: Principal, name: DeploymentName, number: number): Promise<RevisionInPlace>;
  /** What differs between two revisions in version, content of the version, and configuration. */
  diff(principal: Principal, name: DeploymentName, from: number, to: number): Promise<Change[]>;
}

export function createRevisionService({ db }: { db: Kysely<Database> }): RevisionService {
  const find = (principal: Principal, name: DeploymentName): Promise<StoredDeployment> =>
    requireDeployment(db, principal, "deployment.read", name);

  const rolesIn = async (deployment: StoredDeployment) => {
    const [active] = await activeRollouts(db, deployment.id);
    return (revision: StoredRevision): RevisionInPlace => {
      if (revision.number === deployment.stableRevision) return { revision, role: "stable" };
      return { revision, role: revision.number === active?.rollout.toRevision ? "candidate" : "earlier" };
    };
  };

  return {
    async list(principal, name, { limit, cursor }) {
      const deployment = await find(principal, name);
      const key = keyOfCursor(cursor);
      const before = key === undefined ? undefined : Number(key);
      const rows = await listRevisions(db, deployment.id, { before, limit: limit + 1 });
      return toPage(rows, limit, (row) => String(row.number), await rolesIn(deployment));
    },
    async get(principal, name, number) {
      const deployment = await find(principal, name);
      const inPlace = await rolesIn(deployment);
      return inPlace(await requireRevision(db, deployment, number));
    },
    async diff(principal, name, from, to) {
      const deployment = await find(principal, name);
      const before = await requireRevision(db, deployment, from);
      return diff(contentOf(before), contentOf(await requireRevision(db, deployment, to)));
    },
  };
}

const contentOf = ({ version, spec, config }: StoredRevision): unknown => ({ version, spec, config });
