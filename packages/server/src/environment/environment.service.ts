import {
  assertWaves,
  canonicalJson,
  diff,
  type EnvironmentSpec,
  type FreezeWindow,
  frozenUntil,
  type Instant,
  invalidField,
  SluiceError,
  targetName,
} from "@sluice/core";
import type { Kysely, Transaction } from "kysely";
import { authorise, projectOf } from "../access/authorise.ts";
import type { Principal } from "../access/principal.ts";
import { appendAudit } from "../audit/audit.store.ts";
import type { Db } from "../db/database.ts";
import type { Database } from "../db/schema.ts";
import { wakeDeployment } from "../engine/wake.ts";
import { appendEvents } from "../event/event.store.ts";
import { keyOfCursor, type Page, toPage } from "../http/page.ts";
import { requireProject } from "../project/project.store.ts";
import {
  affectedIn,
  aloneIn,
  deleteEnvironment,
  deploymentsIn,
  findEnvironment,
  insertEnvironment,
  listEnvironments,
  lockEnvironment,
  replaceEnvironment,
  type StoredEnvironment,
} from "./environment.store.ts";

interface Key {
  project?: string | undefined;
  name: string;
}

type Verb = "create" | "update" | "delete";
const DONE: Readonly<Record<Verb, string>> = { create: "created", update: "updated", delete: "deleted" };

export type EnvironmentService = ReturnType<typeof createEnvironmentService>;

export function createEnvironmentService({ db, clock }: { db: Kysely<Database>; clock: () => Instant }) {
  return {
    async list(
      principal: Principal,
      query: { project?: string | undefined; limit: number; cursor?: string | undefined },
    ): Promise<Page<StoredEnvironment>> {
      const project = projectOf(principal, query.project);
      authorise(principal, "environment.read", { project });
      const after = keyOfCursor(query.cursor);
      const rows = await listEnvironments(db, {
        project,
        limit: query.limit + 1,
        ...(principal.environment !== null && { name: principal.environment }),
        ...(after !== undefined && { after }),
      });
      return toPage(
        rows,
        query.limit,
        (row) => row.name,
        (row) => row,
      );
    },

    async get(principal: Principal, key: Key): Promise<StoredEnvironment> {
      const project = projectOf(principal, key.project);
      authorise(principal, "environment.read", { project, environment: key.name });
      return (await findEnvironment(db, project, key.name)) ?? missing(project, key.name);
    },

    /** Creates the environment, or gives it this specification as a whole. The same again changes nothing. */
    async put(
      principal: Principal,
      key: Key,
      spec: EnvironmentSpec,
    ): Promise<{ environment: StoredEnvironment; created: boolean }> {
      const { name } = key;
      const project = projectOf(principal, key.project);
      authorise(principal, "environment.write", { project, environment: name });
      const at = new Date(clock());
      checkSchedules(spec.protection.freezeWindows, at.getTime());
      assertWaves(spec);
      return db.transaction().execute(async (tx) => {
        await requireProject(tx, project);
        await checkPredecessor(tx, project, name, spec.protection.requireSuccessIn);
        const about = { principal, project, name, at };
        if (await insertEnvironment(tx, { project, name, spec, at })) {
          await report(tx, { ...about, verb: "create", detail: { spec } });
          return { environment: { project, name, spec, createdAt: at, updatedAt: at }, created: true };
        }
        const before = (await lockEnvironment(tx, project, name)) ?? missing(project, name);
        if (canonicalJson(before.spec) === canonicalJson(spec)) return { environment: before, created: false };
        await assertFirstStays(tx, before, spec);
        await replaceEnvironment(tx, { project, name, spec, at });
        // A freeze that was lifted, or began, or a target that is gone, is theirs to notice at once.
        for (const deployment of await affectedIn(tx, project, name)) await wakeDeployment(tx, deployment);
        await report(tx, { ...about, verb: "update", detail: { changes: diff(before.spec, spec) } });
        return { environment: { ...before, spec, updatedAt: at }, created: false };
      });
    },

    /** Throws `failed_precondition` while deployments live in it. */
    async remove(principal: Principal, key: Key): Promise<void> {
      const { name } = key;
      const project = projectOf(principal, key.project);
      authorise(principal, "environment.write", { project, environment: name });
      const at = new Date(clock());
      await db.transaction().execute(async (tx) => {
        if ((await lockEnvironment(tx, project, name)) === undefined) missing(project, name);
        const deployments = await deploymentsIn(tx, project, name, 5);
        if (deployments.length > 0) {
          const why = `environment ${name} still has deployments (${deployments.join(", ")}); delete them first`;
          throw new SluiceError("failed_precondition", why);
        }
        await deleteEnvironment(tx, project, name);
        await report(tx, { principal, project, name, at, verb: "delete", detail: {} });
      });
    },
  };
}

interface Report {
  principal: Principal;
  project: string;
  name: string;
  verb: Verb;
  at: Date;
  detail: Record<string, unknown>;
}

async function report(
  tx: Transaction<Database>,
  { principal, project, name, verb, at, detail }: Report,
): Promise<void> {
  const message = `environment ${name} was ${DONE[verb]} by ${principal.name}`;
  const event = { project, deployment: null, rollout: null, type: `environment.${DONE[verb]}`, message, alert: false };
  await appendEvents(tx, [{ ...event, data: { environment: name }, at }]);
  await appendAudit(tx, { project, actor: principal.name, action: `environment.${verb}`, subject: name, detail, at });
}

function missing(project: string, name: string): never {
  throw new SluiceError("not_found", `environment ${name} does not exist in project ${project}`);
}

/** What is at one target alone is at the first: another order of the same targets would move it without a rollout. */
async function assertFirstStays(db: Db, before: StoredEnvironment, { targets }: EnvironmentSpec): Promise<void> {
  const [held] = before.spec.targets.map(targetName);
  const names = targets.map(targetName);
  if (held === undefined || names[0] === held || !names.includes(held)) return;
  const alone = await aloneIn(db, before.project, before.name, 5);
  if (alone.length === 0) return;
  throw invalidField("targets[0]", names[0], `${held}, where ${alone.join(", ")} run; other targets come after it`);
}

async function checkPredecessor(db: Db, project: string, name: string, predecessor: string | null): Promise<void> {
  if (predecessor === null) return;
  if (predecessor === name || (await findEnvironment(db, project, predecessor)) === undefined) {
    throw invalidField(
      "protection.requireSuccessIn",
      predecessor,
      `another environment of project ${project}, or null`,
    );
  }
}

/** A schedule may have five fields and still name an hour 25: the one that reads it must be able to. */
function checkSchedules(windows: readonly FreezeWindow[], now: Instant): void {
  for (const [at, window] of windows.entries()) {
    try {
      frozenUntil([window], now);
    } catch {
      const field = `protection.freezeWindows[${at}].schedule`;
      throw invalidField(field, window.schedule, "a cron expression whose fields are in range, such as 0 17 * * 5");
    }
  }
}
