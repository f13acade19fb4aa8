import { ALERTS, type Alert, type Incident, type Source } from "@sluice/core";
import type { Db } from "../db/database.ts";

export interface IncidentKey {
  channel: string;
  alert: Alert;
  /** Empty for what concerns no deployment. */
  deployment: string;
  source: Source;
}

export interface StoredIncident extends IncidentKey {
  incident: Incident;
}

export async function findIncident(
  db: Db,
  { channel, alert, deployment, source }: IncidentKey,
): Promise<Incident | null> {
  const row = await db
    .selectFrom("notification_incidents")
    .select("state")
    .where("channel_id", "=", channel)
    .where("alert", "=", alert)
    .where("deployment_id", "=", deployment)
    .where("source", "=", source)
    .executeTakeFirst();
  return row?.state ?? null;
}

/** What the channel takes for going on at the deployment, of any source unless one is named. */
export async function openIncidents(
  db: Db,
  channel: string,
  deployment: string,
  source: Source | null,
): Promise<StoredIncident[]> {
  let query = db
    .selectFrom("notification_incidents")
    .select(["alert", "source", "state"])
    .where("channel_id", "=", channel)
    .where("deployment_id", "=", deployment)
    .where("open", "=", true);
  if (source !== null) query = query.where("source", "=", source);
  const rows = await query.orderBy("alert").orderBy("source").execute();
  return rows.flatMap((row) => {
    const alert = ALERTS.find((known) => known === row.alert);
    return alert === undefined ? [] : [{ channel, alert, deployment, source: row.source, incident: row.state }];
  });
}

export async function saveIncident(db: Db, key: IncidentKey, incident: Incident, at: Date): Promise<void> {
  const values = { open: incident.open, state: JSON.stringify(incident), updated_at: at };
  await db
    .insertInto("notification_incidents")
    .values({
      channel_id: key.channel,
      alert: key.alert,
      deployment_id: key.deployment,
      source: key.source,
      ...values,
    })
    .onConflict((conflict) => conflict.columns(["channel_id", "alert", "deployment_id", "source"]).doUpdateSet(values))
    .execute();
}

/** What is over, and has not been told of since. */
export async function forgetOldIncidents(db: Db, before: Date): Promise<void> {
  await db.deleteFrom("notification_incidents").where("open", "=", false).where("updated_at", "<", before).execute();
}
