import { type Channel, canonicalJson, type Instant, noticeOf, SluiceError } from "@sluice/core";
import type { Kysely, Transaction } from "kysely";
import { authorise, projectOf } from "../access/authorise.ts";
import type { Principal } from "../access/principal.ts";
import { appendAudit } from "../audit/audit.store.ts";
import { newId } from "../db/ids.ts";
import type { Database } from "../db/schema.ts";
import { appendEvents } from "../event/event.store.ts";
import { keyOfCursor, type Page, toPage } from "../http/page.ts";
import { requireProject } from "../project/project.store.ts";
import { type KeyConfig, sealerOf } from "../secret/seal.ts";
import {
  type ChannelSecrets,
  joinChannel,
  openChannel,
  sealChannel,
  splitChannel,
  withStored,
} from "./channel.secrets.ts";
import {
  countChannels,
  deleteChannel,
  findChannel,
  insertChannel,
  listChannels,
  lockChannel,
  MAX_CHANNELS,
  replaceChannel,
  type StoredChannel,
} from "./channel.store.ts";
import { isoOf } from "./context.store.ts";
import {
  type DeliveryFilter,
  enqueue,
  forgetDeliveries,
  listDeliveries,
  lockDelivery,
  type StoredDelivery,
  sendAgain,
} from "./outbox.store.ts";
import { KEY_OVERLAP_MS, newSigningKey } from "./receiver.ts";

interface Key {
  project?: string | undefined;
  /** Id or name. */
  id: string;
}

interface Paging {
  limit: number;
  cursor?: string | undefined;
}

/** The signing key is in the answer to its making, and nowhere else ever again. */
export interface WithKey {
  channel: StoredChannel;
  signingKey: string | null;
}

type Verb = "create" | "update" | "delete" | "rotate" | "test";

const DONE: Readonly<Record<Verb, string>> = {
  create: "created",
  update: "updated",
  delete: "deleted",
  rotate: "rotated",
  test: "tested",
};

interface Deps {
  db: Kysely<Database>;
  clock: () => Instant;
  config: KeyConfig;
}

export type NotificationService = ReturnType<typeof createNotificationService>;

/** Channels as administrators write them, and what became of their messages. No answer holds a secret but the one that made it. */
export function createNotificationService({ db, clock, config }: Deps) {
  const visible = async (principal: Principal, { project: asked, id }: Key): Promise<StoredChannel> => {
    const project = projectOf(principal, asked);
    authorise(principal, "notification.read", { project });
    const channel = (await findChannel(db, project, id)) ?? missing(project, id);
    const { environment } = channel.spec.filter;
    if (environment !== null) authorise(principal, "notification.read", { project, environment });
    return channel;
  };

  /** A change of one channel by somebody who may, and what is told of it. */
  const change = <T>(
    principal: Principal,
    { project: asked, id }: Key,
    verb: Verb,
    work: (
      tx: Transaction<Database>,
      channel: StoredChannel,
      at: Date,
    ) => Promise<{ result: T; detail: object | null }>,
  ): Promise<T> => {
    const project = projectOf(principal, asked);
    authorise(principal, "notification.write", { project });
    const at = new Date(clock());
    return db.transaction().execute(async (tx) => {
      const channel = (await lockChannel(tx, project, id)) ?? missing(project, id);
      mayWrite(principal, project, channel.spec);
      const { result, detail } = await work(tx, channel, at);
      if (detail !== null) await report(tx, principal, channel, verb, at, detail);
      return result;
    });
  };

  return {
    /** By name. */
    async list(principal: Principal, query: Paging & { project?: string | undefined }): Promise<Page<StoredChannel>> {
      const project = projectOf(principal, query.project);
      authorise(principal, "notification.read", { project });
      const rows = await listChannels(db, {
        project,
        environment: principal.environment ?? undefined,
        after: keyOfCursor(query.cursor),
        limit: query.limit + 1,
      });
      return toPage(
        rows,
        query.limit,
        (row) => row.name,
        (row) => row,
      );
    },

    get: visible,

    /** Throws `already_exists` when the project has a channel of that name. */
    async create(
      principal: Principal,
      key: { project?: string | undefined; name: string; secret?: string | undefined },
      full: Channel,
    ): Promise<WithKey> {
      const project = projectOf(principal, key.project);
      mayWrite(principal, project, full);
      const at = new Date(clock());
      const { spec, secrets } = splitChannel(withStored(full, null));
      const signingKey = full.type === "webhook" ? (key.secret ?? newSigningKey()) : null;
      const kept: ChannelSecrets = { ...secrets, ...(signingKey !== null && { signing: [signingKey] }) };
      const { name } = key;
      const id = newId("ntf");
      const channel: StoredChannel = {
        ...{ id, project, name, spec, sealed: sealChannel(await sealerOf(config), id, kept) },
        ...{ disabledReason: null, createdAt: at, updatedAt: at },
      };
      await db.transaction().execute(async (tx) => {
        await requireProject(tx, project);
        if ((await countChannels(tx, project)) >= MAX_CHANNELS) {
          const why = `project ${project} has ${MAX_CHANNELS} notification channels, as many as it may have`;
          throw new SluiceError("resource_exhausted", why);
        }
        if (!(await insertChannel(tx, { ...channel, at }))) {
          throw new SluiceError("already_exists", `channel ${name} exists already in project ${project}`);
        }
        await report(tx, principal, channel, "create", at, { spec });
      });
      return { channel, signingKey };
    },

    /** The specification as a whole; what is hidden stands for what is stored. The signing key stays as it is. */
    put(principal: Principal, key: Key, full: Channel): Promise<StoredChannel> {
      return change(principal, key, "update", async (tx, before, at) => {
        mayWrite(principal, before.project, full);
        if (before.spec.type !== full.type) {
          throw new SluiceError(
            "failed_precondition",
            `channel ${before.name} is of type ${before.spec.type} and stays so; create another of type ${full.type}`,
          );
        }
        const sealer = await sealerOf(config);
        const opened = openChannel(sealer, before);
        const { spec, secrets } = splitChannel(withStored(full, joinChannel(before.spec, opened)));
        const kept = { ...opened, ...secrets };
        const same = canonicalJson([spec, kept]) === canonicalJson([before.spec, opened]);
        if (same && before.disabledReason === null) return { result: before, detail: null };
        const sealed = sealChannel(sealer, before.id, kept);
        await replaceChannel(tx, before.id, { spec, sealed, at });
        const result = { ...before, spec, sealed, disabledReason: null, updatedAt: at };
        return { result, detail: { spec } };
      });
    },

    remove(principal: Principal, key: Key): Promise<void> {
      return change(principal, key, "delete", async (tx, { id }) => {
        await forgetDeliveries(tx, id);
        await deleteChannel(tx, id);
        return { result: undefined, detail: {} };
      });
    },

    /** A new signing key; the one before goes on signing for a day as well. */
    rotate(principal: Principal, key: Key): Promise<WithKey> {
      return change(principal, key, "rotate", async (tx, channel, at) => {
        const { spec } = channel;
        if (spec.type !== "webhook") {
          throw new SluiceError(
            "failed_precondition",
            `channel ${channel.name} is of type ${spec.type}: it signs nothing`,
          );
        }
        const sealer = await sealerOf(config);
        const secrets = openChannel(sealer, channel);
        const signingKey = newSigningKey();
        const signing = [signingKey, ...(secrets.signing ?? []).slice(0, 1)];
        const kept = { ...secrets, signing, oldUntil: at.getTime() + KEY_OVERLAP_MS };
        const sealed = sealChannel(sealer, channel.id, kept);
        await replaceChannel(tx, channel.id, { spec, sealed, at });
        return { result: { channel: { ...channel, sealed, updatedAt: at }, signingKey }, detail: {} };
      });
    },

    /** Sends a message that says that it is a test. Throws `failed_precondition` for a channel that is switched off. */
    test(principal: Principal, key: Key): Promise<StoredDelivery> {
      return change(principal, key, "test", async (tx, { id, project, name, spec }, at) => {
        if (!spec.enabled) {
          throw new SluiceError("failed_precondition", `channel ${name} is switched off; switch it on to test it`);
        }
        const nowhere = { environment: null, deployment: null, artifact: null, kind: null, rollout: null };
        const nothing = { fromVersion: null, toVersion: null, trigger: null, threshold: null, observed: null };
        const notice = noticeOf({
          ...{ alert: "needs_attention", state: "test", incident: null, project, ...nowhere, ...nothing },
          message: `Channel ${name} works: ${principal.name} asked for this test. Nothing is wrong.`,
          ...{ heldBack: 0, event: null, at: isoOf(at) },
        });
        const letter = { project, receiver: id, message: { kind: "notice" as const, notice }, at };
        const [delivery = ""] = await enqueue(tx, [letter]);
        const sent = (await lockDelivery(tx, id, delivery)) ?? missing(project, delivery);
        return { result: sent, detail: { delivery } };
      });
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

    /** Sends what was given up, held back or delivered once more, under its id. */
    redeliver(principal: Principal, key: Key, delivery: string): Promise<StoredDelivery> {
      return change(principal, key, "update", async (tx, { id, project, name }, at) => {
        const found = await lockDelivery(tx, id, delivery);
        if (found === null) throw new SluiceError("not_found", `channel ${name} has no delivery ${delivery}`);
        if (found.status !== "pending") await sendAgain(tx, delivery, at);
        const again = (await lockDelivery(tx, id, delivery)) ?? missing(project, delivery);
        return { result: again, detail: { delivery, was: found.status } };
      });
    },
  };
}

/** A channel of every environment is not for a token that is limited to one. */
function mayWrite(principal: Principal, project: string, { filter: { environment } }: Channel): void {
  authorise(principal, "notification.write", { project, ...(environment !== null && { environment }) });
  if (environment === null && principal.environment !== null) {
    const why = `the token is for environment ${principal.environment}, this channel hears of every environment`;
    throw new SluiceError("permission_denied", `${principal.name} may not do this: ${why}`);
  }
}

async function report(
  tx: Transaction<Database>,
  principal: Principal,
  { id, project, name }: StoredChannel,
  verb: Verb,
  at: Date,
  detail: object,
): Promise<void> {
  const message = `notification channel ${name} was ${DONE[verb]} by ${principal.name}`;
  const event = { project, deployment: null, rollout: null, type: `notification.${DONE[verb]}`, message, alert: false };
  await appendEvents(tx, [{ ...event, data: { channel: name }, at }]);
  const action = `notification.${verb}`;
  await appendAudit(tx, { project, actor: principal.name, action, subject: id, detail: { name, ...detail }, at });
}

function missing(project: string, id: string): never {
  throw new SluiceError("not_found", `notification channel ${id} does not exist in project ${project}`);
}
