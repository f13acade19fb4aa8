import { digestOf, type Instant, SluiceError, type WorkflowSpec } from "@sluice/core";
import type { Kysely, Transaction } from "kysely";
import { authorise, projectOf } from "../access/authorise.ts";
import type { Principal } from "../access/principal.ts";
import { appendAudit } from "../audit/audit.store.ts";
import type { Db } from "../db/database.ts";
import type { Database } from "../db/schema.ts";
import { keyOfCursor, type Page, toPage } from "../http/page.ts";
import { requireProject } from "../project/project.store.ts";
import { checkConditions } from "./when.ts";
import {
  addWorkflowVersion,
  deleteWorkflow,
  findWorkflow,
  insertWorkflow,
  listWorkflows,
  listWorkflowVersions,
  lockWorkflow,
  type StoredWorkflow,
  type WorkflowVersion,
} from "./workflow.store.ts";

interface Key {
  project?: string | undefined;
  name: string;
}

interface PageQuery {
  limit: number;
  cursor?: string | undefined;
}

export interface WorkflowDefinitions {
  list(principal: Principal, query: PageQuery & { project?: string | undefined }): Promise<Page<StoredWorkflow>>;
  /** The newest version, or that one. Throws `not_found`. */
  get(principal: Principal, key: Key & { version?: number | undefined }): Promise<StoredWorkflow>;
  versions(principal: Principal, key: Key & PageQuery): Promise<Page<StoredWorkflow>>;
  /** Throws `already_exists` when the project has a workflow of that name. */
  create(principal: Principal, key: Key, spec: WorkflowSpec): Promise<StoredWorkflow>;
  /** Creates the workflow, or adds a version where the content differs. The same again changes nothing. */
  put(principal: Principal, key: Key, spec: WorkflowSpec): Promise<{ workflow: StoredWorkflow; created: boolean }>;
  /** Runs that have begun go on; they know what they run. */
  remove(principal: Principal, key: Key): Promise<void>;
}

/** Workflows as people write them. */
export function createWorkflowDefinitions({
  db,
  clock,
}: {
  db: Kysely<Database>;
  clock: () => Instant;
}): WorkflowDefinitions {
  const versionOf = (principal: Principal, key: Key, project: string, spec: WorkflowSpec): WorkflowVersion => ({
    ...{ project, name: key.name, version: 1, digest: digestOf(spec), spec },
    ...{ by: principal.name, at: new Date(clock()) },
  });

  return {
    async list(principal, query) {
      const project = projectOf(principal, query.project);
      authorise(principal, "workflow.read", { project });
      const rows = await listWorkflows(db, { project, after: keyOfCursor(query.cursor), limit: query.limit + 1 });
      return toPage(
        rows,
        query.limit,
        (row) => row.name,
        (row) => row,
      );
    },

    async get(principal, { name, version, ...query }) {
      const project = projectOf(principal, query.project);
      authorise(principal, "workflow.read", { project });
      return requireWorkflow(db, project, name, version);
    },

    async versions(principal, { name, limit, cursor, ...query }) {
      const project = projectOf(principal, query.project);
      authorise(principal, "workflow.read", { project });
      await requireWorkflow(db, project, name);
      const before = keyOfCursor(cursor);
      const filter = { project, name, before: before === undefined ? undefined : Number(before) || 0 };
      const rows = await listWorkflowVersions(db, { ...filter, limit: limit + 1 });
      return toPage(
        rows,
        limit,
        (row) => String(row.version),
        (row) => row,
      );
    },

    async create(principal, key, spec) {
      const project = projectOf(principal, key.project);
      authorise(principal, "workflow.write", { project });
      checkConditions(spec);
      const first = versionOf(principal, key, project, spec);
      return db.transaction().execute(async (tx) => {
        await requireProject(tx, project);
        const created = await createFirst(tx, first);
        if (created === null) {
          throw new SluiceError("already_exists", `workflow ${key.name} exists already in project ${project}`);
        }
        return created;
      });
    },

    async put(principal, key, spec) {
      const project = projectOf(principal, key.project);
      authorise(principal, "workflow.write", { project });
      checkConditions(spec);
      const fresh = versionOf(principal, key, project, spec);
      return db.transaction().execute(async (tx) => {
        await requireProject(tx, project);
        const newest = await lockWorkflow(tx, project, key.name);
        if (newest === undefined) {
          const created = await createFirst(tx, fresh);
          if (created !== null) return { workflow: created, created: true };
          throw new SluiceError("aborted", `workflow ${key.name} was created by somebody else just now; try again`);
        }
        const before = await requireWorkflow(tx, project, key.name);
        if (before.digest === fresh.digest) return { workflow: before, created: false };
        const next = { ...fresh, version: newest + 1 };
        await addWorkflowVersion(tx, next);
        await audit(tx, next, "workflow.update");
        return { workflow: await requireWorkflow(tx, project, key.name), created: false };
      });
    },

    async remove(principal, key) {
      const project = projectOf(principal, key.project);
      authorise(principal, "workflow.write", { project });
      await db.transaction().execute(async (tx) => {
        if ((await lockWorkflow(tx, project, key.name)) === undefined) throw missing(project, key.name);
        await deleteWorkflow(tx, project, key.name);
        const entry = { project, actor: principal.name, action: "workflow.delete", subject: key.name, detail: {} };
        await appendAudit(tx, { ...entry, at: new Date(clock()) });
      });
    },
  };
}

/** Null when somebody else created it just now. */
async function createFirst(tx: Transaction<Database>, first: WorkflowVersion): Promise<StoredWorkflow | null> {
  if (!(await insertWorkflow(tx, first))) return null;
  await addWorkflowVersion(tx, first);
  await audit(tx, first, "workflow.create");
  return requireWorkflow(tx, first.project, first.name);
}

async function audit(tx: Transaction<Database>, added: WorkflowVersion, action: string): Promise<void> {
  const { project, name, version, digest, by, at } = added;
  await appendAudit(tx, { project, actor: by, action, subject: name, detail: { version, digest }, at });
}

/** Throws `not_found` for a workflow, or a version of it, that does not exist. */
export async function requireWorkflow(
  db: Db,
  project: string,
  name: string,
  version?: number,
): Promise<StoredWorkflow> {
  const found = await findWorkflow(db, project, name, version);
  if (found === undefined) throw missing(project, name, version);
  return found;
}

const missing = (project: string, name: string, version?: number): SluiceError =>
  new SluiceError(
    "not_found",
    `workflow ${name} ${version === undefined ? "does not exist" : `has no version ${version}`} in project ${project}`,
  );
