import type { DataPlane } from "@sluice/core";
import { type Kysely, sql } from "kysely";
import type { Database } from "../db/schema.ts";
import type { Targets } from "./targets.ts";

/** Deployments of another Sluice that shares a cluster with this one. They are nothing of ours to end. */
export interface Strangers {
  /** Whether nothing here ever knew the deployment. */
  isOne(deployment: string): Promise<boolean>;
  /** Those of which that is known already: ids are never used again. */
  readonly known: ReadonlySet<string>;
}

interface StrangersDeps {
  db: Kysely<Database>;
  targets: Pick<Targets, "own">;
  /** Nobody else tells it of routes. */
  gateway: Pick<DataPlane, "route">;
}

export function createStrangers({ db, targets, gateway }: StrangersDeps): Strangers {
  const known = new Set<string>();

  const isHeldHere = async (deployment: string): Promise<boolean> => {
    if (gateway.route(deployment) !== null) return true;
    const held = await Promise.all(targets.own().map((runtime) => runtime.deployments()));
    return held.flat().includes(deployment);
  };

  /** What was deleted is spoken of for ever. */
  const isSpokenOf = async (deployment: string): Promise<boolean> => {
    const { rows } = await sql<{ spoken: boolean }>`
      select exists (select from audit_entries where subject = ${deployment})
        or exists (select from events where deployment_id = ${deployment}) as spoken`.execute(db);
    return rows[0]?.spoken === true;
  };

  return {
    known,
    async isOne(deployment) {
      if (known.has(deployment)) return true;
      if ((await isHeldHere(deployment)) || (await isSpokenOf(deployment))) return false;
      known.add(deployment);
      return true;
    },
  };
}
