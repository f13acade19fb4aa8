import { type Instant, SluiceError } from "@sluice/core";
import type { Kysely } from "kysely";
import { authorise, projectOf } from "../access/authorise.ts";
import type { Principal } from "../access/principal.ts";
import { appendAudit } from "../audit/audit.store.ts";
import type { Database } from "../db/schema.ts";
import { wakeDeployment } from "../engine/wake.ts";
import { forgetPeer, listPeers, type Peer } from "./peer.store.ts";

export interface ServerService {
  list(principal: Principal): Promise<Peer[]>;
  /** Gives what a server that is gone had to the others. Throws `not_found`, and `failed_precondition` while it is alive. */
  forget(principal: Principal, id: string): Promise<void>;
}

/** The servers of this database. They serve all projects: every reader sees them, only an administrator of all projects changes them. */
export function createServerService({ db, clock }: { db: Kysely<Database>; clock: () => Instant }): ServerService {
  return {
    async list(principal) {
      authorise(principal, "system.read", { project: projectOf(principal, undefined) });
      return listPeers(db);
    },
    async forget(principal, id) {
      authorise(principal, "system.write", { project: projectOf(principal, undefined) });
      if (principal.project !== null) {
        const why = `servers serve all projects, the token is for project ${principal.project}`;
        throw new SluiceError("permission_denied", `${principal.name} may not do this: ${why}`);
      }
      await db.transaction().execute(async (tx) => {
        const deployments = await forgetPeer(tx, id);
        for (const deployment of deployments) await wakeDeployment(tx, deployment);
        const entry = { project: "default", actor: principal.name, action: "server.forget", subject: id };
        await appendAudit(tx, { ...entry, detail: { deployments }, at: new Date(clock()) });
      });
    },
  };
}
