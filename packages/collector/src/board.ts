import { DatabaseSync } from "node:sqlite";
import { type NodePlan, type Place, placesOf } from "@sluice/core/pipeline";

/** Without a beat for so long a claim is void, as when its process is gone. */
const SILENT_MS = 10_000;

const TABLE = `
  create table if not exists claims (
    instance text primary key, revision integer not null, node text not null, replica integer not null,
    pid integer not null, ready integer not null, beat integer not null,
    unique (revision, node, replica)
  )`;

interface Claim extends Place {
  instance: string;
  revision: number;
  pid: number;
  ready: number;
  beat: number;
}

export interface Standing {
  /** Null while there are more instances than places, as in a restart. */
  place: Place | null;
  /** Another revision leads, and its collector on this place is ready: it measures the node. */
  relieved: boolean;
}

/** Where the collectors of one deployment on this machine agree about who is where. It survives each of them. */
export interface Board {
  /** To be called often: keeps or finds a place, and tells whether somebody else has taken over. */
  beat(plan: NodePlan, ready: boolean): Standing;
  leave(): void;
}

interface Member {
  instance: string;
  revision: number;
  pid: number;
  clock?: () => number;
  alive?: (pid: number) => boolean;
}

export function openBoard(path: string, member: Member): Board {
  const { instance, revision, pid, clock = Date.now, alive = isAlive } = member;
  const database = new DatabaseSync(path, { timeout: 5_000 });
  database.exec(`pragma journal_mode = wal; ${TABLE}`);
  const all = database.prepare("select * from claims");
  const put = database.prepare("insert or replace into claims values (?, ?, ?, ?, ?, ?, ?)");
  const drop = database.prepare("delete from claims where instance = ?");

  return {
    beat(plan, ready) {
      database.exec("begin immediate");
      try {
        const now = clock();
        const claims = all.all().map(claimOf);
        const living = claims.filter((claim) => now - claim.beat < SILENT_MS && alive(claim.pid));
        for (const claim of claims) if (!living.includes(claim)) drop.run(claim.instance);
        const place = placeFor(plan, living);
        if (place === null) drop.run(instance);
        else put.run(instance, revision, place.node, place.replica, pid, ready ? 1 : 0, now);
        database.exec("commit");
        return { place, relieved: place !== null && isRelieved(plan, living, place) };
      } catch (error) {
        database.exec("rollback");
        throw error;
      }
    },
    leave() {
      drop.run(instance);
      database.close();
    },
  };

  /** The place held already, if the plan still has it, else the first that no living instance of the revision holds. */
  function placeFor(plan: NodePlan, living: readonly Claim[]): Place | null {
    const places = placesOf(plan);
    const own = living.find((claim) => claim.instance === instance);
    const kept = places.find((place) => own !== undefined && samePlace(place, own));
    if (kept !== undefined) return kept;
    const others = living.filter((claim) => claim.revision === revision && claim.instance !== instance);
    return places.find((place) => !others.some((claim) => samePlace(place, claim))) ?? null;
  }

  function isRelieved({ leading }: NodePlan, living: readonly Claim[], place: Place): boolean {
    if (leading === null || leading === revision) return false;
    return living.some((claim) => claim.revision === leading && samePlace(claim, place) && claim.ready === 1);
  }
}

const samePlace = (left: Place, right: Place): boolean => left.node === right.node && left.replica === right.replica;

const claimOf = (row: Record<string, unknown>): Claim => ({
  instance: String(row.instance),
  revision: Number(row.revision),
  node: String(row.node),
  replica: Number(row.replica),
  pid: Number(row.pid),
  ready: Number(row.ready),
  beat: Number(row.beat),
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
