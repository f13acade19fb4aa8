import { type EnvironmentSpec, type Rollout, reviveRollout, type Target, targetName } from "@sluice/core";
import { sql } from "kysely";

/** Why a member cannot be looked after, or what serves there does not. */
export interface Trouble {
  kind: "unreachable" | "failing";
  reason: string;
}

/** What one reconcile of a deployment at several targets knows of one of them. */
export interface LoadedMember {
  target: string;
  /** Null before anything was made there. */
  id: string | null;
  stableRevision: number | null;
  leaving: boolean;
  trouble: Trouble | null;
  /** The last one there for each rollout of the whole that is under way. */
  rollouts: Rollout[];
}

export type MemberRow = Omit<LoadedMember, "id"> & { id: string };

export const MEMBERS = sql<MemberRow[]>`
  (select coalesce(json_agg(json_build_object(
            'id', m.id, 'target', m.target ->> 'name', 'stableRevision', m.stable_revision, 'leaving', m.deleting,
            'trouble', m.trouble,
            'rollouts', (
              select coalesce(json_agg(latest.state), '[]')
              from (select distinct on (r.part_of) r.state
                    from rollouts r join rollouts whole on whole.id = r.part_of and whole.active
                    where r.deployment_id = m.id
                    order by r.part_of, r.id desc) latest)) order by m.id), '[]')
   from deployments m where m.parent_id = d.id)`;

/** The members at the targets of the environment, in their order, and those that have no target any more. */
export function membersOf(
  { targets }: Pick<EnvironmentSpec, "targets">,
  rows: readonly MemberRow[],
): { members: LoadedMember[]; strangers: string[] } {
  const known = targets.map(targetName);
  const members = known.map((target): LoadedMember => {
    const row = rows.find((member) => member.target === target);
    if (row === undefined)
      return { target, id: null, stableRevision: null, leaving: false, trouble: null, rollouts: [] };
    return { ...row, rollouts: row.rollouts.map(reviveRollout) };
  });
  return { members, strangers: rows.filter(({ target }) => !known.includes(target)).map(({ id }) => id) };
}

/** Where a member is: as its environment says, or said last, when it has the target no more. */
export const targetOfMember = ({ targets }: Pick<EnvironmentSpec, "targets">, last: Target): Target =>
  targets.find((target) => targetName(target) === targetName(last)) ?? last;
