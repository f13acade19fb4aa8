import type { Kysely } from "kysely";
import type { Database } from "../db/schema.ts";
import { othersMayHold } from "../peer/peer.store.ts";
import { isBound } from "./bound.ts";
import type { Loaded } from "./load.ts";
import type { Targets } from "./targets.ts";

export interface AttendanceDeps {
  db: Kysely<Database>;
  targets: Targets;
  /** This server, by the name of its data folder; null: it is alone, and everything is its own. */
  server: string | null;
  /** Whether the gateway is one that this server started, which no other server reaches. */
  ownGateway: boolean;
}

/** Whether this server is to look after a deployment; if not, whether to ask again by itself, or another server does. */
export type Turn = "ours" | "theirs" | "later";

/**
 * Decides whose a deployment is. One that is bound to a machine belongs to the first server that looks at it, for good: its name is
 * on disk before anything is started. One that is not, any more, is given back to all by the server that had it.
 */
export function createAttendance({
  db,
  targets,
  server,
  ownGateway,
}: AttendanceDeps): (loaded: Loaded) => Promise<Turn> {
  const set = async (id: string, from: string | null, to: string | null): Promise<boolean> => {
    const { numUpdatedRows } = await db
      .updateTable("deployments")
      .set({ server: to })
      .where("id", "=", id)
      .where("server", from === null ? "is" : "=", from)
      .executeTakeFirstOrThrow();
    return numUpdatedRows === 1n;
  };

  const holds = async (id: string): Promise<boolean> => {
    const found = await Promise.all(targets.own().map((runtime) => runtime.observe(id)));
    return found.some((statuses) => statuses.length > 0);
  };

  return async ({ deployment: { id, kind, server: holder }, target, route, workloads }) => {
    if (server === null) return "ours";
    const bound = isBound({ kind, target, routed: route !== null }, ownGateway);
    if (holder === server) {
      if (!bound) await set(id, server, null);
      return "ours";
    }
    if (holder !== null) return "theirs";
    if (!bound) return "ours";
    // A server of an earlier release says nowhere what it runs: it has a while to be replaced, and to say so.
    const runs = workloads.some(({ replicas }) => replicas > 0);
    if (runs && !(await holds(id)) && (await othersMayHold(db, server))) return "later";
    return (await set(id, null, server)) ? "ours" : "theirs";
  };
}

/** Says of everything that runs on this machine already, and that nobody has, that it is this server's. */
export async function adoptOwn({
  db,
  targets,
  server,
}: Pick<AttendanceDeps, "db" | "targets" | "server">): Promise<void> {
  if (server === null) return;
  const held = await Promise.all(targets.own().map((runtime) => runtime.deployments()));
  const ids = [...new Set(held.flat())];
  if (ids.length === 0) return;
  await db.updateTable("deployments").set({ server }).where("id", "in", ids).where("server", "is", null).execute();
}
