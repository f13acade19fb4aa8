import type { Kysely } from "kysely";
import { sql } from "kysely";
import { Counter, Histogram, type Registry } from "prom-client";
import type { Db } from "../../db/database.ts";
import type { Database } from "../../db/schema.ts";

/** Notes every rollout of a pipeline that has ended, once, whoever looks. */
export async function recordOutcomes(db: Db): Promise<void> {
  await sql`
    insert into pipeline_outcomes (rollout_id, project, outcome, seconds, at)
    select r.id, r.project, r.phase, extract(epoch from r.finished_at - r.created_at), r.finished_at
    from rollouts r
    join deployments d on d.id = r.deployment_id
    join artifacts a on a.id = d.artifact_id
    where a.kind = 'pipeline' and r.part_of is null and not r.active and r.finished_at is not null
      and not exists (select from pipeline_outcomes o where o.rollout_id = r.id)
    on conflict do nothing`.execute(db);
}

/** Ends that are nobody's fault. */
const FINE = new Set(["completed", "superseded", "cancelled"]);

/** Upper ends of the buckets in seconds. */
const BUCKETS = [1, 5, 10, 20, 30, 60, 120, 300, 600, 1_800, 3_600];

interface Outcome {
  project: string;
  outcome: string;
  seconds: number;
}

/** Adds what the document of pipelines names to /metrics. Read from the database, so that restarts take nothing back. */
export function addPipelineMetrics(registry: Registry, db: Kysely<Database>): void {
  const read = async (): Promise<Outcome[]> => {
    await recordOutcomes(db);
    return db.selectFrom("pipeline_outcomes").select(["project", "outcome", "seconds"]).execute();
  };
  // One reading for the metrics that are asked at the same time.
  let reading: Promise<Outcome[]> | null = null;
  const outcomes = (): Promise<Outcome[]> => {
    // Without the database the other metrics are still worth having.
    reading ??= read()
      .catch(() => [])
      .finally(() => {
        reading = null;
      });
    return reading;
  };
  new Counter({
    name: "phoenix_deployment_total",
    help: "Rollouts of pipelines that have ended, by status",
    labelNames: ["status", "namespace"],
    registers: [registry],
    async collect() {
      this.reset();
      for (const { project, outcome } of await outcomes()) this.inc({ status: outcome, namespace: project });
    },
  });
  new Histogram({
    name: "phoenix_deployment_duration_seconds",
    help: "Time from the request to the end of a rollout of a pipeline",
    labelNames: ["namespace"],
    buckets: BUCKETS,
    registers: [registry],
    async collect() {
      this.reset();
      for (const { project, seconds } of await outcomes()) this.observe({ namespace: project }, seconds);
    },
  });
  new Counter({
    name: "phoenix_deployment_errors_total",
    help: "Rollouts of pipelines that failed or were rolled back, by how",
    labelNames: ["reason", "namespace"],
    registers: [registry],
    async collect() {
      this.reset();
      for (const { project, outcome } of await outcomes())
        if (!FINE.has(outcome)) this.inc({ reason: outcome, namespace: project });
    },
  });
}
