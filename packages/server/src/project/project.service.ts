import { type Instant, SluiceError } from "@sluice/core";
import type { Kysely } from "kysely";
import { authorise } from "../access/authorise.ts";
import type { Principal } from "../access/principal.ts";
import { appendAudit } from "../audit/audit.store.ts";
import type { Db } from "../db/database.ts";
import type { Database } from "../db/schema.ts";
import { insertEnvironment } from "../environment/environment.store.ts";
import { FIRST_ENVIRONMENTS } from "../environment/first-environments.ts";
import { keyOfCursor, type Page, toPage } from "../http/page.ts";
import { insertProject, listProjects, type StoredProject } from "./project.store.ts";

export type ProjectService = ReturnType<typeof createProjectService>;

export function createProjectService({ db, clock }: { db: Kysely<Database>; clock: () => Instant }) {
  return {
    /** The principal's own project, or all of them when it is limited to none. */
    async list(
      principal: Principal,
      query: { limit: number; cursor?: string | undefined },
    ): Promise<Page<StoredProject>> {
      const after = keyOfCursor(query.cursor);
      const rows = await listProjects(db, {
        limit: query.limit + 1,
        ...(principal.project !== null && { name: principal.project }),
        ...(after !== undefined && { after }),
      });
      return toPage(
        rows,
        query.limit,
        (row) => row.name,
        (row) => row,
      );
    },

    create: (principal: Principal, { name }: { name: string }): Promise<StoredProject> =>
      db.transaction().execute((tx) => createProject(tx, principal, name, new Date(clock()))),
  };
}

/** In the caller's transaction. A project begins with the environments that `default` began with. */
export async function createProject(db: Db, principal: Principal, name: string, at: Date): Promise<StoredProject> {
  authorise(principal, "project.write", { project: name });
  const project = await insertProject(db, name, at);
  if (project === undefined) throw new SluiceError("already_exists", `project ${name} exists already`);
  for (const [environment, spec] of Object.entries(FIRST_ENVIRONMENTS)) {
    await insertEnvironment(db, { project: name, name: environment, spec, at });
  }
  await appendAudit(db, {
    project: name,
    actor: principal.name,
    action: "project.create",
    subject: name,
    detail: {},
    at,
  });
  return project;
}
