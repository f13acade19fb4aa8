import { configSchema, environmentSchema, type Rollout } from "@sluice/core";
import type { Db } from "../../db/database.ts";
import type { Live } from "../../engine/live.ts";
import { learntFor, spansOf } from "./agent.store.ts";
import type { AgentPicture } from "./agent.view.ts";
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
      const status = (await live.observe(rollout.deployment)).find(({ revision }) => revision === rollout.toRevision);
      const stats = live.route(rollout.deployment)?.stats.find(({ revision }) => revision === rollout.toRevision);
      const ready = status?.instances.find(({ state }) => state === "ready")?.address ?? null;
      return {
        rollout,
        environment: environmentSchema.parse(row.spec),
        config: configSchema.parse(row.config),
        spans: spans.get(rollout.id) ?? [],
        learnt: await learntFor(db, rollout),
        endpoint: row.path === null ? ready && `http://${ready.host}:${ready.port}` : `${live.gatewayUrl}${row.path}`,
        monitored: { instances: status?.instances ?? [], desired: status?.desired ?? 0, stats: stats ?? null },
        rollback,
        usualRollbackMs: rollback === null ? null : await usualRollbackMs(db, rollout.deployment),
      };
    }),
  );
  return pictures.filter((picture) => picture !== null);
}

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
    .select(["r.id", "e.spec", "v.config", "routes.path"])
    .where("r.id", "in", rollouts)
    .execute();
