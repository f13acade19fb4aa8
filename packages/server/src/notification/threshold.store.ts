import {
  ALERTS,
  type Alert,
  ANY_FAILURE,
  concerns,
  configSchema,
  cpuCores,
  hearing,
  memoryMb,
  parseThreshold,
  type Threshold,
} from "@sluice/core";
import type { Db } from "../db/database.ts";
import { selectDeployments } from "../deployment/deployment.store.ts";
import { givenName } from "../fleet/member.name.ts";
import { enabledChannels } from "./channel.store.ts";

/** One threshold that at least one channel wants watched on a deployment. */
export interface Watched {
  alert: Alert;
  /** As it was written: channels that wrote the same are told of the same breach. */
  text: string;
  threshold: Threshold;
  forSeconds: number;
}

export interface WatchedDeployment {
  id: string;
  project: string;
  name: string;
  stopped: boolean;
  /** Of one instance of what serves; null: not limited. */
  memoryMb: number | null;
  cpuCores: number | null;
  thresholds: Watched[];
}

export const keyOf = ({ alert, text, forSeconds }: Pick<Watched, "alert" | "text" | "forSeconds">): string =>
  JSON.stringify([alert, text, forSeconds]);

/** Every deployment that somebody wants watched, with what for. */
export async function watchedDeployments(db: Db): Promise<WatchedDeployment[]> {
  const wishes = (await enabledChannels(db)).flatMap(({ project, spec }) => {
    const thresholds = ALERTS.flatMap((alert) => thresholdOf(alert, hearing(spec, alert)));
    return thresholds.length === 0 ? [] : [{ project, filter: spec.filter, thresholds }];
  });
  if (wishes.length === 0) return [];
  const rows = await selectDeployments(db)
    .leftJoin("revisions as r", (join) =>
      join.onRef("r.deployment_id", "=", "d.id").onRef("r.number", "=", "d.stable_revision"),
    )
    .select("r.config")
    .where("d.project", "in", [...new Set(wishes.map(({ project }) => project))])
    .where("d.deleting", "=", false)
    .execute();
  return rows.flatMap((row) => {
    const { id, project, name, stopped, environment, artifact, kind } = row;
    const about = { environment, artifact, kind, deployment: givenName(name) };
    const wanted = wishes
      .filter((wish) => wish.project === project && concerns(wish.filter, about))
      .flatMap((wish) => wish.thresholds);
    const thresholds = [...new Map(wanted.map((one) => [keyOf(one), one])).values()];
    return thresholds.length === 0 ? [] : [{ id, project, name, stopped, ...limitsOf(row.config), thresholds }];
  });
}

function thresholdOf(alert: Alert, heard: ReturnType<typeof hearing>): Watched[] {
  if (heard === null || heard.threshold === ANY_FAILURE) return [];
  const threshold = parseThreshold(heard.threshold, alert);
  if (typeof threshold === "string") return [];
  return [{ alert, text: heard.threshold, threshold, forSeconds: heard.forSeconds }];
}

function limitsOf(config: object | null): Pick<WatchedDeployment, "memoryMb" | "cpuCores"> {
  const limits = config === null ? undefined : configSchema.parse(config).resources.limits;
  return {
    memoryMb: limits?.memory === undefined ? null : memoryMb(limits.memory),
    cpuCores: limits?.cpu === undefined ? null : cpuCores(limits.cpu),
  };
}

/** What the deployment is beyond, as far as anybody wrote it down. */
export async function breachesOf(db: Db, deployment: string): Promise<Omit<Watched, "threshold">[]> {
  const rows = await db.selectFrom("threshold_breaches").selectAll().where("deployment_id", "=", deployment).execute();
  return rows.flatMap((row) => {
    const alert = ALERTS.find((known) => known === row.alert);
    return alert === undefined ? [] : [{ alert, text: row.threshold, forSeconds: row.for_seconds }];
  });
}

type Breach = Omit<Watched, "threshold">;

/** False when it was written down already. */
export async function beginBreach(
  db: Db,
  deployment: string,
  { alert, text, forSeconds }: Breach,
  at: Date,
): Promise<boolean> {
  const result = await db
    .insertInto("threshold_breaches")
    .values({ deployment_id: deployment, alert, threshold: text, for_seconds: forSeconds, since: at })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return result.numInsertedOrUpdatedRows === 1n;
}

/** False when there was none. */
export async function endBreach(db: Db, deployment: string, { alert, text, forSeconds }: Breach): Promise<boolean> {
  const result = await db
    .deleteFrom("threshold_breaches")
    .where("deployment_id", "=", deployment)
    .where("alert", "=", alert)
    .where("threshold", "=", text)
    .where("for_seconds", "=", forSeconds)
    .executeTakeFirst();
  return result.numDeletedRows === 1n;
}
