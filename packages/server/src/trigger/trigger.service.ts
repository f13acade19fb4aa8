import {
  type AutomatedAction,
  environmentsOf,
  HIDDEN,
  type Instant,
  invalidField,
  nameSchema,
  SluiceError,
  shownAction,
  type TriggerSpec,
} from "@sluice/core";
import type { Kysely } from "kysely";
import { authorise, projectOf } from "../access/authorise.ts";
import type { Principal } from "../access/principal.ts";
import { appendAudit } from "../audit/audit.store.ts";
import type { Db } from "../db/database.ts";
import { newId } from "../db/ids.ts";
import type { Database } from "../db/schema.ts";
import { requireEnvironment } from "../deployment/references.ts";
import { keyOfCursor, type Page, toPage } from "../http/page.ts";
import { requireProject } from "../project/project.store.ts";
import { type KeyConfig, sealerOf } from "../secret/seal.ts";
import { type FiringOutcome, forgetIdleFirings, listFirings, type StoredFiring } from "./firing.store.ts";
import { newSigningSecret } from "./signature.ts";
import {
  aboutSecret,
  countTriggers,
  deleteTrigger,
  findTrigger,
  findTriggerNamed,
  insertTrigger,
  listTriggers,
  lockTrigger,
  replaceSecrets,
  replaceTrigger,
  type StoredTrigger,
  secretsOf,
} from "./trigger.store.ts";

/** How a caller names a trigger: by its id, or by its name within a project. */
export interface TriggerName {
  id: string;
  project?: string | undefined;
}

export interface NewTriggerInput {
  project?: string | undefined;
  name: string;
  enabled: boolean;
  spec: TriggerSpec;
  secret?: string | undefined;
}

export interface TriggerChange {
  description?: string | undefined;
  enabled?: boolean | undefined;
  filters?: TriggerSpec["filters"] | undefined;
  action?: TriggerSpec["action"] | undefined;
}

interface PageQuery {
  limit: number;
  cursor?: string | undefined;
}

/** Triggers that one project may have. */
const MOST_TRIGGERS = 500;
/** Deliveries that started nothing are kept this long. Milliseconds. */
const KEEP_IDLE = 30 * 86_400_000;

interface Deps {
  db: Kysely<Database>;
  clock: () => Instant;
  config: KeyConfig;
}

export type TriggerService = ReturnType<typeof createTriggerService>;

/** What may be fired. The firing itself is `fire.service.ts`. */
export function createTriggerService({ db, clock, config }: Deps) {
  const sealed = async (id: string, secret: string): Promise<string> =>
    (await sealerOf(config)).seal(secret, aboutSecret(id));

  return {
    /** The secret is in the answer, and nowhere else ever again. */
    async create(
      principal: Principal,
      input: NewTriggerInput,
    ): Promise<{ trigger: StoredTrigger; secret: string | null }> {
      const project = projectOf(principal, input.project);
      const { name, enabled, spec } = input;
      mayWrite(principal, project, spec.action);
      if (spec.source === "manual" && input.secret !== undefined) {
        throw invalidField("secret", HIDDEN, "nothing where the source is manual: nobody signs");
      }
      const secret = spec.source === "manual" ? null : (input.secret ?? newSigningSecret());
      const id = newId("trg");
      const kept = secret === null ? null : await sealed(id, secret);
      const at = new Date(clock());
      return db.transaction().execute(async (tx) => {
        await requireProject(tx, project);
        await assertAction(tx, project, spec.action);
        if ((await countTriggers(tx, project)) >= MOST_TRIGGERS) {
          throw new SluiceError("resource_exhausted", `a project may have ${MOST_TRIGGERS} triggers; delete one first`);
        }
        const environment = environmentOf(spec.action);
        const fresh = {
          id,
          project,
          name,
          environment,
          spec,
          enabled,
          createdAt: at,
          createdBy: principal.name,
        };
        if (!(await insertTrigger(tx, { ...fresh, sealed: kept }))) {
          throw new SluiceError("already_exists", `trigger ${name} exists already in project ${project}`);
        }
        const trigger = { ...fresh, updatedAt: at };
        await audit(tx, principal, trigger, "create", { name, enabled, ...shownSpec(spec) }, at);
        return { trigger, secret };
      });
    },

    async list(
      principal: Principal,
      query: PageQuery & { project?: string | undefined },
    ): Promise<Page<StoredTrigger>> {
      const project = projectOf(principal, query.project);
      authorise(principal, "trigger.read", { project });
      const after = keyOfCursor(query.cursor);
      const rows = await listTriggers(db, {
        project,
        environment: principal.environment,
        after,
        limit: query.limit + 1,
      });
      return toPage(
        rows,
        query.limit,
        (row) => row.name,
        (row) => row,
      );
    },

    get: (principal: Principal, name: TriggerName): Promise<StoredTrigger> => requireTrigger(db, principal, name),

    async update(principal: Principal, name: TriggerName, change: TriggerChange): Promise<StoredTrigger> {
      const { id, project } = await requireTrigger(db, principal, name);
      const at = new Date(clock());
      return db.transaction().execute(async (tx) => {
        const before = await relock(tx, id, name);
        mayWrite(principal, project, before.spec.action);
        const { enabled = before.enabled, ...given } = change;
        const spec = { ...before.spec, ...withoutUndefined(given) };
        mayWrite(principal, project, spec.action);
        if (change.action !== undefined) await assertAction(tx, project, spec.action);
        const trigger = { ...before, spec, enabled, environment: environmentOf(spec.action), updatedAt: at };
        await replaceTrigger(tx, trigger);
        await audit(tx, principal, trigger, "update", { name: trigger.name, enabled, ...shownSpec(spec) }, at);
        return trigger;
      });
    },

    /** A new secret; the one before counts for `overlapSeconds` more. Throws `failed_precondition` where nobody signs. */
    async rotate(
      principal: Principal,
      name: TriggerName,
      { secret = newSigningSecret(), overlapSeconds }: { secret?: string | undefined; overlapSeconds: number },
    ): Promise<{ trigger: StoredTrigger; secret: string }> {
      const { id, project } = await requireTrigger(db, principal, name);
      const next = await sealed(id, secret);
      const at = new Date(clock());
      return db.transaction().execute(async (tx) => {
        const trigger = await relock(tx, id, name);
        mayWrite(principal, project, trigger.spec.action);
        if (trigger.spec.source === "manual") {
          throw new SluiceError(
            "failed_precondition",
            `trigger ${trigger.name} has no secret: only people fire it, by their tokens`,
          );
        }
        const before = await secretsOf(tx, id);
        const previousUntil = new Date(at.getTime() + overlapSeconds * 1_000);
        const kept =
          overlapSeconds > 0 ? { previous: before.sealed, previousUntil } : { previous: null, previousUntil: null };
        await replaceSecrets(tx, id, { sealed: next, ...kept });
        await audit(tx, principal, trigger, "rotate", { name: trigger.name, overlapSeconds }, at);
        return { trigger, secret };
      });
    },

    async remove(principal: Principal, name: TriggerName): Promise<void> {
      const { id, project } = await requireTrigger(db, principal, name);
      const at = new Date(clock());
      await db.transaction().execute(async (tx) => {
        const trigger = await relock(tx, id, name);
        mayWrite(principal, project, trigger.spec.action);
        await deleteTrigger(tx, id);
        await audit(tx, principal, trigger, "delete", { name: trigger.name }, at);
      });
    },

    /** Newest first. */
    async firings(
      principal: Principal,
      name: TriggerName,
      query: PageQuery & { outcome?: FiringOutcome | undefined },
    ): Promise<Page<StoredFiring>> {
      const { id } = await requireTrigger(db, principal, name);
      const before = keyOfCursor(query.cursor);
      const rows = await listFirings(db, { trigger: id, outcome: query.outcome, before, limit: query.limit + 1 });
      return toPage(
        rows,
        query.limit,
        (row) => row.id,
        (row) => row,
      );
    },

    forgetIdleFirings: () => forgetIdleFirings(db, new Date(clock() - KEEP_IDLE)),
  };
}

/** Throws `not_found`, also for one that the principal may not know of. */
export async function requireTrigger(
  db: Db,
  principal: Principal,
  { id, project }: TriggerName,
): Promise<StoredTrigger> {
  const trigger = id.startsWith("trg_") ? await findTrigger(db, id) : await named(db, principal, { id, project });
  if (trigger === null) throw missing(id);
  if (principal.project !== null && principal.project !== trigger.project) throw missing(id);
  const { environment } = trigger;
  authorise(principal, "trigger.read", { project: trigger.project, ...(environment !== null && { environment }) });
  return trigger;
}

const named = async (db: Db, principal: Principal, { id, project }: TriggerName): Promise<StoredTrigger | null> =>
  nameSchema.safeParse(id).success ? findTriggerNamed(db, projectOf(principal, project), id) : null;

export const missing = (id: string): SluiceError => new SluiceError("not_found", `trigger ${id} does not exist`);

async function relock(tx: Db, id: string, name: TriggerName): Promise<StoredTrigger> {
  const trigger = await lockTrigger(tx, id);
  if (trigger === null) throw missing(name.id);
  return trigger;
}

/** The one environment that an action changes; null where there is none, or more than one is touched. */
const environmentOf = (action: AutomatedAction): string | null => environmentsOf(action)[0] ?? null;

/** What acts without a person is for administrators to set up; one of a single environment, for that environment. */
function mayWrite(principal: Principal, project: string, action: AutomatedAction): void {
  const environment = environmentOf(action);
  authorise(principal, "trigger.write", { project, ...(environment !== null && { environment }) });
  if (environment === null && principal.environment !== null) {
    const why = `the token is for environment ${principal.environment}, this trigger's action names none`;
    throw new SluiceError("permission_denied", `${principal.name} may not do this: ${why}`);
  }
}

async function assertAction(tx: Db, project: string, action: TriggerSpec["action"]): Promise<void> {
  assertNothingHidden(action);
  for (const environment of environmentsOf(action))
    await requireEnvironment(tx, project, environment, "action.environment");
}

/** An action that was read may not be written back with what was hidden in it: that would become its value. */
export function assertNothingHidden(action: AutomatedAction): void {
  if (!JSON.stringify(action).includes(HIDDEN)) return;
  throw invalidField("action", HIDDEN, "the values themselves; what is hidden in an answer stands for nothing here");
}

/** As answers and audit entries show it. */
export const shownSpec = (spec: TriggerSpec): TriggerSpec => ({ ...spec, action: shownAction(spec.action) });

const withoutUndefined = ({ description, filters, action }: TriggerChange) => ({
  ...(description !== undefined && { description }),
  ...(filters !== undefined && { filters }),
  ...(action !== undefined && { action }),
});

async function audit(
  tx: Db,
  principal: Principal,
  { id, project }: StoredTrigger,
  verb: string,
  detail: Record<string, unknown>,
  at: Date,
): Promise<void> {
  await appendAudit(tx, { project, actor: principal.name, action: `trigger.${verb}`, subject: id, detail, at });
}
