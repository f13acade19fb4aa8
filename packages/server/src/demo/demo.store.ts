import type { Phase } from "@sluice/core";
import { sql } from "kysely";
import type { Db } from "../db/database.ts";
import { DEMO } from "./demo.story.ts";

/** What a project has of a demo. */
export interface StoredDemo {
  artifactId: string;
  /** The value of its label; null for an artifact of that name that no demo made. */
  mark: "there" | "removing" | null;
  /** Null before the first delivery, and when it is gone already. */
  deployment: { id: string; serves: boolean; deleting: boolean } | null;
  /** Oldest first. */
  rollouts: { id: string; version: string; phase: Phase; active: boolean }[];
}

const marked = (mark: string): string => JSON.stringify({ [DEMO.label]: mark });

export async function findDemo(db: Db, project: string): Promise<StoredDemo | null> {
  const { rows } = await sql<StoredDemo>`
    select a.id as "artifactId", a.labels ->> ${DEMO.label} as mark,
      case when d.id is not null then json_build_object(
        'id', d.id, 'serves', d.stable_revision is not null, 'deleting', d.deleting) end as deployment,
      (select coalesce(json_agg(json_build_object(
          'id', r.id, 'version', r.state -> 'toVersion', 'phase', r.phase, 'active', r.active) order by r.id), '[]')
       from rollouts r where r.deployment_id = d.id) as rollouts
    from artifacts a
    left join deployments d on d.artifact_id = a.id and d.environment = ${DEMO.environment} and d.name = ${DEMO.deployment}
    where a.project = ${project} and a.name = ${DEMO.artifact}`.execute(db);
  return rows[0] ?? null;
}

export async function markDemo(db: Db, artifactId: string, mark: "there" | "removing"): Promise<void> {
  await db
    .updateTable("artifacts")
    .set({ labels: marked(mark) })
    .where("id", "=", artifactId)
    .execute();
}

/** Projects whose demo was told to go and may not be gone. */
export async function removedDemos(db: Db): Promise<string[]> {
  const rows = await db
    .selectFrom("artifacts")
    .select("project")
    .where("name", "=", DEMO.artifact)
    .where(sql<boolean>`labels @> ${marked("removing")}::jsonb`)
    .execute();
  return rows.map(({ project }) => project);
}

/** Takes the artifact and its versions away. False where something else is made of them: then they stay, as anybody's. */
export async function removeArtifact(db: Db, artifactId: string): Promise<boolean> {
  const { rows } = await sql<{ used: boolean }>`
    select exists (select 1 from deployments where artifact_id = ${artifactId})
      or exists (select 1 from evaluations e join versions v on v.id = e.version_id where v.artifact_id = ${artifactId})
      as used`.execute(db);
  if (rows[0]?.used !== false) {
    await db.updateTable("artifacts").set({ labels: "{}" }).where("id", "=", artifactId).execute();
    return false;
  }
  await db.deleteFrom("versions").where("artifact_id", "=", artifactId).execute();
  await db.deleteFrom("artifacts").where("id", "=", artifactId).execute();
  return true;
}
