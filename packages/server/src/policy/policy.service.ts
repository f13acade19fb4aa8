import { type Instant, type PolicySpec, SluiceError } from "@sluice/core";
import type { Kysely } from "kysely";
import { authorise, projectOf } from "../access/authorise.ts";
import type { Principal } from "../access/principal.ts";
import { appendAudit } from "../audit/audit.store.ts";
import type { Database } from "../db/schema.ts";
import { keyOfCursor, type Page, toPage } from "../http/page.ts";
import { requireProject } from "../project/project.store.ts";
import { checkPolicyCel } from "./policy.cel.ts";
import { deletePolicy, findPolicy, listPolicies, putPolicy, type StoredPolicy } from "./policy.store.ts";

interface Key {
  project?: string | undefined;
  name: string;
}

export type PolicyService = ReturnType<typeof createPolicyService>;

export function createPolicyService({ db, clock }: { db: Kysely<Database>; clock: () => Instant }) {
  const missing = (name: string, project: string): SluiceError =>
    new SluiceError("not_found", `policy ${name} does not exist in project ${project}`);

  return {
    async get(principal: Principal, key: Key): Promise<StoredPolicy> {
      const project = projectOf(principal, key.project);
      authorise(principal, "policy.read", { project });
      const policy = await findPolicy(db, project, key.name);
      if (policy === undefined) throw missing(key.name, project);
      return policy;
    },

    async list(
      principal: Principal,
      query: { project?: string | undefined; limit: number; cursor?: string | undefined },
    ): Promise<Page<StoredPolicy>> {
      const project = projectOf(principal, query.project);
      authorise(principal, "policy.read", { project });
      const rows = await listPolicies(db, { project, after: keyOfCursor(query.cursor), limit: query.limit + 1 });
      return toPage(
        rows,
        query.limit,
        (row) => row.name,
        (row) => row,
      );
    },

    /** Rollouts that are validated from now on are asked. Throws `invalid_argument` for an expression that does not compile. */
    async put(principal: Principal, key: Key, spec: PolicySpec): Promise<{ policy: StoredPolicy; created: boolean }> {
      const project = projectOf(principal, key.project);
      authorise(principal, "policy.write", { project });
      checkPolicyCel(spec.expression);
      const at = new Date(clock());
      return db.transaction().execute(async (tx) => {
        await requireProject(tx, project);
        const created = await putPolicy(tx, project, key.name, spec, at);
        const action = created ? "policy.create" : "policy.update";
        await appendAudit(tx, { project, actor: principal.name, action, subject: key.name, detail: { ...spec }, at });
        const policy = await findPolicy(tx, project, key.name);
        if (policy === undefined) throw new SluiceError("internal", `policy ${key.name} vanished while it was written`);
        return { policy, created };
      });
    },

    async remove(principal: Principal, key: Key): Promise<void> {
      const project = projectOf(principal, key.project);
      authorise(principal, "policy.write", { project });
      await db.transaction().execute(async (tx) => {
        if (!(await deletePolicy(tx, project, key.name))) throw missing(key.name, project);
        const audit = { project, actor: principal.name, action: "policy.delete", subject: key.name, detail: {} };
        await appendAudit(tx, { ...audit, at: new Date(clock()) });
      });
    },
  };
}
