import { createHmac } from "node:crypto";
import { hostname } from "node:os";
import { SluiceError, toIso } from "@sluice/core";
import type { Kysely } from "kysely";
import type { Logger } from "pino";
import { createOutageLog } from "../db/outage.log.ts";
import type { Database } from "../db/schema.ts";
import { appendEvents } from "../event/event.store.ts";
import {
  announce,
  deploymentsOf,
  holdings,
  leave,
  listPeers,
  missPeers,
  type Peer,
  sealsOtherwise,
} from "./peer.store.ts";

export interface Peers {
  /** This server. */
  readonly self: string;
  /** What servers of one database show each other: whoever has the key that they all seal with. */
  readonly token: string;
  /** The living server that has the deployment for itself, as of a moment ago; null when that is this one, or none. */
  holderOf(deployment: string): Peer | null;
  /** All others that live, as of a moment ago. */
  others(): Peer[];
  /** Says from now on that this server is there, until it is closed. Throws as `createPeers` does, for one that came meanwhile. */
  join(at: { url: string; gatewayUrl: string }): Promise<void>;
  /** Says that it stops. */
  close(): Promise<void>;
}

interface PeersDeps {
  db: Kysely<Database>;
  /** The name of this server's data folder. */
  self: string;
  /** That secrets are sealed with. */
  key: Buffer;
  version: string;
  logger: Logger;
  now: () => number;
}

const EVERY_MS = 5_000;

/**
 * The servers of one database, as they see each other. Each says every few seconds that it lives; whoever notices first that one with
 * deployments of its own is gone tells so by an event, and so does that one when it is back. Throws `failed_precondition` where the
 * others seal with another key: before anything is begun here that would need theirs.
 */
export async function createPeers({ db, self, key, version, logger, now }: PeersDeps): Promise<Peers> {
  const outages = createOutageLog(logger);
  const startedAt = new Date(now());
  const keyPrint = derived(key, "print").slice(0, 16);
  let known = new Map<string, Peer>();
  let held = new Map<string, string>();
  let timer: NodeJS.Timeout | null = null;
  let running: Promise<void> = Promise.resolve();

  const look = async (): Promise<void> => {
    held = await holdings(db, self);
    known = new Map((await listPeers(db)).filter(({ id }) => id !== self).map((peer) => [peer.id, peer]));
    await tellOfMissing(db, now);
  };
  const assertSameKey = async (): Promise<void> => {
    const other = await sealsOtherwise(db, self, keyPrint);
    if (other === null) return;
    throw new SluiceError(
      "failed_precondition",
      `this server seals secrets with another key than the server at ${other}; allowed: the same SLUICE_SECRET_KEY for all servers of a database`,
    );
  };
  await assertSameKey();
  await look();

  return {
    self,
    token: derived(key, "peer"),
    holderOf(deployment) {
      const holder = held.get(deployment);
      const peer = holder === undefined ? undefined : known.get(holder);
      return peer?.alive === true ? peer : null;
    },
    others: () => [...known.values()].filter(({ alive }) => alive),
    async join(at) {
      await assertSameKey();
      const say = async (): Promise<void> => {
        const missed = await announce(db, { id: self, ...at, host: hostname(), version, keyPrint, startedAt });
        if (missed) await tellOfReturn(db, self, now);
      };
      await say();
      const again = (): void => {
        timer = setTimeout(() => {
          running = say()
            .then(look)
            .then(outages.worked, (error: unknown) =>
              outages.failed(error, "the other servers could not be told that this one lives; trying again"),
            )
            .finally(() => {
              if (timer !== null) again();
            });
        }, EVERY_MS);
      };
      again();
    },
    async close() {
      if (timer === null) return;
      clearTimeout(timer);
      timer = null;
      await running;
      await leave(db, self);
    },
  };
}

const derived = (key: Buffer, purpose: string): string =>
  createHmac("sha256", key).update(`sluice ${purpose}`).digest("base64url");

/** Of each deployment that nobody looks after now, to those who have to do with it. */
async function tellOfMissing(db: Kysely<Database>, now: () => number): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const at = new Date(now());
    for (const { id, url, host, seenAt } of await missPeers(tx)) {
      const which = `${host === null ? "" : `${host}, `}${url}`;
      const message = (name: string) =>
        `nobody looks after ${name}: its server (${which}) was seen last at ${toIso(seenAt.getTime())}; start it again, or forget it to move what it had`;
      const events = (await deploymentsOf(tx, id)).map(({ project, deployment, name }) => ({
        ...{ project, deployment, rollout: null, at, alert: true },
        type: "deployment.unattended",
        message: message(name),
        data: { server: id, host, url, seenAt: toIso(seenAt.getTime()) },
      }));
      await appendEvents(tx, events);
    }
  });
}

async function tellOfReturn(db: Kysely<Database>, self: string, now: () => number): Promise<void> {
  const at = new Date(now());
  const events = (await deploymentsOf(db, self)).map(({ project, deployment, name }) => ({
    ...{ project, deployment, rollout: null, at, alert: false },
    type: "deployment.attended",
    message: `the server of ${name} is back`,
    data: { server: self },
  }));
  await appendEvents(db, events);
}
