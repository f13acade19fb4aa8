import { canonicalJson, type Instant, type Integration, type Registration, SluiceError } from "@sluice/core";
import type { Kysely, Transaction } from "kysely";
import { authorise, projectOf } from "../access/authorise.ts";
import type { Principal } from "../access/principal.ts";
import { appendAudit } from "../audit/audit.store.ts";
import { newId } from "../db/ids.ts";
import type { Database } from "../db/schema.ts";
import { appendEvents } from "../event/event.store.ts";
import { keyOfCursor, type Page, toPage } from "../http/page.ts";
import {
  type DeliveryFilter,
  forgetDeliveries,
  listDeliveries,
  lockDelivery,
  type StoredDelivery,
  sendAgain,
} from "../notification/outbox.store.ts";
import { newSigningKey } from "../notification/receiver.ts";
import { requireProject } from "../project/project.store.ts";
import { type KeyConfig, sealerOf } from "../secret/seal.ts";
import {
  joinIntegration,
  openIntegration,
  sealIntegration,
  splitIntegration,
  withStoredIntegration,
} from "./integration.secrets.ts";
import {
  countIntegrations,
  deleteIntegration,
  findIntegration,
  insertIntegration,
  listIntegrations,
  listRegistrations,
  lockIntegration,
  MAX_INTEGRATIONS,
  replaceIntegration,
  type StoredIntegration,
} from "./integration.store.ts";

interface Key {
  project?: string | undefined;
  name: string;
}

interface Paging {
  limit: number;
  cursor?: string | undefined;
}

export interface Put {
  integration: StoredIntegration;
  created: boolean;
  /** When one was made just now: it is never shown again. */
  signingKey: string | null;
}

type Verb = "create" | "update" | "delete";
const DONE: Readonly<Record<Verb, string>> = { create: "created", update: "updated", delete: "deleted" };

interface Deps {
  db: Kysely<Database>;
  clock: () => Instant;
  config: KeyConfig;
}

export type IntegrationService = ReturnType<typeof createIntegrationService>;

/** Services around deployments, as administrators declare them. No answer holds a secret but the one that made it. */
export function createIntegrationService({ db, clock, config }: Deps) {
  const visible = async (principal: Principal, { project: asked, name }: Key): Promise<StoredIntegration> => {
    const project = projectOf(principal, asked);
    authorise(principal, "integration.read", { project });
    return (await findIntegration(db, project, name)) ?? missing(project, name);
  };

  return {
    /** By name. */
    async list(
      principal: Principal,
      query: Paging & { project?: string | undefined },
    ): Promise<Page<StoredIntegration>> {
      const project = projectOf(principal, query.project);
      authorise(principal, "integration.read", { project });
      const rows = await listIntegrations(db, { project, after: keyOfCursor(query.cursor), limit: query.limit + 1 });
      return toPage(
        rows,
        query.limit,
        (row) => row.name,
        (row) => row,
      );
    },

    get: visible,

    /** Creates the integration, or gives it this specification as a whole. A signing key comes with the first webhook. */
    async put(principal: Principal, key: Key, full: Integration): Promise<Put> {
      const { name } = key;
      const project = projectOf(principal, key.project);
      authorise(principal, "integration.write", { project });
      const at = new Date(clock());
      const sealer = await sealerOf(config);
      return db.transaction().execute(async (tx) => {
        await requireProject(tx, project);
        const before = await lockIntegration(tx, project, name);
        const opened = before === null ? {} : openIntegration(sealer, before);
        const stored = before === null ? null : joinIntegration(before.spec, opened);
        const { spec, secrets } = splitIntegration(withStoredIntegration(full, stored));
        const known = opened.signing;
        const signingKey = full.webhook !== null && known === undefined ? newSigningKey() : null;
        const signing = signingKey === null ? known : [signingKey];
        const kept = { ...secrets, ...(signing !== undefined && { signing }) };
        if (before === null) {
          const id = newId("int");
          const sealed = sealIntegration(sealer, id, kept);
          await mayAdd(tx, project);
          if (!(await insertIntegration(tx, { id, project, name, spec, sealed, at }))) {
            throw new SluiceError("aborted", `integration ${name} was created by somebody else just now; try again`);
          }
          const integration = { id, project, name, spec, sealed, createdAt: at, updatedAt: at };
          await report(tx, principal, integration, "create", at, { spec });
          return { integration, created: true, signingKey };
        }
        if (canonicalJson([spec, kept]) === canonicalJson([before.spec, opened])) {
          return { integration: before, created: false, signingKey: null };
        }
        const sealed = sealIntegration(sealer, before.id, kept);
        await replaceIntegration(tx, before.id, { spec, sealed, at });
        await report(tx, principal, before, "update", at, { spec });
        return { integration: { ...before, spec, sealed, updatedAt: at }, created: false, signingKey };
      });
    },

    async remove(principal: Principal, { project: asked, name }: Key): Promise<void> {
      const project = projectOf(principal, asked);
      authorise(principal, "integration.write", { project });
      const at = new Date(clock());
      await db.transaction().execute(async (tx) => {
        const integration = (await lockIntegration(tx, project, name)) ?? missing(project, name);
        await forgetDeliveries(tx, integration.id);
        await deleteIntegration(tx, integration.id);
        await report(tx, principal, integration, "delete", at, {});
      });
    },

    /** What it was told that serves, by deployment. */
    async registrations(principal: Principal, key: Key, { limit, cursor }: Paging): Promise<Page<Registration>> {
      const { id } = await visible(principal, key);
      const rows = await listRegistrations(db, id, { after: keyOfCursor(cursor), limit: limit + 1 });
      return toPage(
        rows,
        limit,
        (row) => row.deployment.id,
        (row) => row,
      );
    },

    /** Newest first. */
    async deliveries(
      principal: Principal,
      key: Key,
      { limit, cursor, status }: Paging & Pick<DeliveryFilter, "status">,
    ): Promise<Page<StoredDelivery>> {
      const { id } = await visible(principal, key);
      const rows = await listDeliveries(db, { receiver: id, status, before: keyOfCursor(cursor), limit: limit + 1 });
      return toPage(
        rows,
        limit,
        (row) => row.id,
        (row) => row,
      );
    },

    /** Sends a message once more, under its id. */
    async redeliver(principal: Principal, { project: asked, name }: Key, delivery: string): Promise<StoredDelivery> {
      const project = projectOf(principal, asked);
      authorise(principal, "integration.write", { project });
      const at = new Date(clock());
      return db.transaction().execute(async (tx) => {
        const integration = (await lockIntegration(tx, project, name)) ?? missing(project, name);
        const found = await lockDelivery(tx, integration.id, delivery);
        if (found === null) throw new SluiceError("not_found", `integration ${name} has no delivery ${delivery}`);
        if (found.status !== "pending") await sendAgain(tx, delivery, at);
        await report(tx, principal, integration, "update", at, { delivery, was: found.status });
        return (await lockDelivery(tx, integration.id, delivery)) ?? found;
      });
    },
  };
}

async function mayAdd(tx: Transaction<Database>, project: string): Promise<void> {
  if ((await countIntegrations(tx, project)) < MAX_INTEGRATIONS) return;
  throw new SluiceError(
    "resource_exhausted",
    `project ${project} has ${MAX_INTEGRATIONS} integrations, as many as it may have`,
  );
}

async function report(
  tx: Transaction<Database>,
  principal: Principal,
  { id, project, name }: StoredIntegration,
  verb: Verb,
  at: Date,
  detail: object,
): Promise<void> {
  const message = `integration ${name} was ${DONE[verb]} by ${principal.name}`;
  const event = { project, deployment: null, rollout: null, type: `integration.${DONE[verb]}`, message, alert: false };
  await appendEvents(tx, [{ ...event, data: { integration: name }, at }]);
  const action = `integration.${verb}`;
  await appendAudit(tx, { project, actor: principal.name, action, subject: id, detail: { name, ...detail }, at });
}

function missing(project: string, name: string): never {
  throw new SluiceError("not_found", `integration ${name} does not exist in project ${project}`);
}
