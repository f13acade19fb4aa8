import { configSchema, environmentSchema, type Rollout } from "@sluice/core";
import { sql } from "kysely";
import type { Db } from "../../db/database.ts";
import type { Live } from "../../engine/live.ts";
import { addedStats } from "../../routing/merged.route.ts";
import { learntFor, spansOf, testsAtTargets } from "./agent.store.ts";
import type { AgentPicture } from "./agent.view.ts";
import type { MonitoredRevision } from "./monitoring.view.ts";
import { agentRollbacksOf, usualRollbackMs } from "./rollback.store.ts";

/** What is stored of deliveries of agents, with what the running system tells of each. In the order of `rollouts`. */
export async function agentPictures(db: Db, live: Live, rollouts: readonly Rollout[]): Promise<AgentPicture[]> {
  if (rollouts.length === 0) return [];
  const spans = await spansOf(db, rollouts);
  const ids = rollouts.map(({ id }) => id);
  const rollbacks = new Map((await agentRollbacksOf(db, ids)).map(({ rollback }) => [rollback.rollout, rollback]));
  const stored = new Map((await storedOf(db, ids)).map((row) => [row.id, row]));
  const pictures = await Promise.all(
    rollouts.map(async (rollout): Promise<AgentPicture | null> => {
      const row = stored.get(rollout.id);
      // Deleted between two queries.
      if (row === undefined) return null;
      const rollback = rollbacks.get(rollout.id) ?? null;
      const monitored = await monitoredAt(live, row.places, rollout.toRevision);
      const ready = monitored.instances.find(({ state }) => state === "ready")?.address ?? null;
      return {
        rollout,
        environment: environmentSchema.parse(row.spec),
        config: configSchema.parse(row.config),
        spans: spans.get(rollout.id) ?? [],
        learnt: await learntFor(db, rollout),
        endpoint: row.path === null ? ready && `http://${ready.host}:${ready.port}` : `${live.gatewayUrl}${row.path}`,
        monitored,
        tests: rollout.waves === null ? rollout.tests : await testsAtTargets(db, rollout.id),
        rollback,
        usualRollbackMs: rollback === null ? null : await usualRollbackMs(db, rollout.deployment),
      };
    }),
  );
  return pictures.filter((picture) => picture !== null);
}

/** What runs of a revision, wherever it does: instances and figures of several targets together. */
async function monitoredAt(live: Live, places: readonly string[], revision: number): Promise<MonitoredRevision> {
  const observed = (await Promise.all(places.map((place) => live.observe(place)))).flat();
  const statuses = observed.filter((status) => status.revision === revision);
  const routes = places.flatMap((place) => live.route(place) ?? []);
  return {
    instances: statuses.flatMap(({ instances }) => instances),
    desired: statuses.reduce((sum, { desired }) => sum + desired, 0),
    stats: addedStats(routes).find((stats) => stats.revision === revision) ?? null,
  };
}

/** Where each delivery's deployment has instances: its members or, at one target, itself. */
const PLACES = sql<string[]>`
  case when d.fleet is null then json_build_array(d.id)
  else (select coalesce(json_agg(m.id order by m.id), '[]') from deployments m where m.parent_id = d.id) end`;

const storedOf = (db: Db, rollouts: readonly string[]) =>
  db
    .selectFrom("rollouts as r")
    .innerJoin("deployments as d", "d.id", "r.deployment_id")
    .innerJoin("environments as e", (join) =>
      join.onRef("e.project", "=", "d.project").onRef("e.name", "=", "d.environment"),
    )
    .innerJoin("revisions as v", (join) =>
      join
        .onRef("v.deployment_id", "=", "d.id")
        .on((on) =>
          on(
            "v.number",
            "=",
            on.cast<number>(on.fn("jsonb_extract_path_text", ["r.state", on.val("toRevision")]), "integer"),
          ),
        ),
    )
    .leftJoin("routes", "routes.deployment_id", "d.id")
    .select(["r.id", "e.spec", "v.config", PLACES.as("places")])
    .select(sql<string | null>`coalesce(routes.path, d.fleet #>> '{route,path}')`.as("path"))
    .where("r.id", "in", rollouts)
    .execute();
