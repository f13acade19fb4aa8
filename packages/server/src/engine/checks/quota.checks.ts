import { cpuCores, type DeploymentConfig, memoryMb } from "@sluice/core";
import { sql } from "kysely";
import type { Db } from "../../db/database.ts";
import type { Candidate, Check } from "../checks.ts";
import { type Finding, fail, pass } from "./finding.ts";

interface Ask {
  memoryMb: number;
  cpuCores: number;
}

/**
 * Whether what is running and this candidate together ask for more than there is. Requests are what is set aside for an
 * instance, so they are added up; limits may be promised more than once, as everywhere. While a rollout is under way
 * stable and candidate run side by side, so the candidate counts in full beside stable. The environment's limits hold
 * for one instance (check `resources`); together they all share one machine, whatever their environment.
 */
export const quotaChecks: readonly Check[] = [
  {
    name: "limits-declared",
    type: "quota",
    severity: "low",
    async run({ candidate: { kind, config, environment } }) {
      if (kind === "prompt" || environment.validationLevel === "basic") return null;
      const { limits } = config.resources;
      const missing = [limits?.memory === undefined && "memory", limits?.cpu === undefined && "cpu"].filter(Boolean);
      if (missing.length === 0) return pass(`limits are declared: ${limits?.memory} and ${limits?.cpu} cores`);
      const names = missing.map((name) => `resources.limits.${name}`).join(" and ");
      const message = `${names} not declared, so an instance that uses too much is not noticed; declare it to roll back on exhaustion`;
      return environment.validationLevel === "strict" ? fail(message) : pass(message);
    },
  },
  {
    name: "quota",
    type: "quota",
    severity: { basic: "low", standard: "medium", strict: "medium" },
    async run({ db, capacity, candidate }): Promise<Finding | null> {
      const { config, target } = candidate;
      if (capacity === undefined || target.type !== "process") return null;
      const each = askOf(config);
      if (each.memoryMb === 0 && each.cpuCores === 0) return null;
      const replicas = await replicasOf(db, candidate);
      const running = await runningAsk(db);
      const total = sum(running, times(each, replicas));
      const seen = `what runs asks for ${words(running)}, and ${replicas} × ${words(each)} come with this revision; the machine has ${words(capacity)}`;
      if (total.memoryMb > capacity.memoryMb) return fail(`${seen}; lower resources.requests.memory or the replicas`);
      // Processor time is shared without harm to those who ask for little; memory is not.
      if (total.cpuCores > capacity.cpuCores) {
        return { ...fail(`${seen}; lower resources.requests.cpu or the replicas`), severity: "low" };
      }
      return pass(seen);
    },
  },
];

const askOf = ({ resources: { requests } }: Pick<DeploymentConfig, "resources">): Ask => ({
  memoryMb: requests?.memory === undefined ? 0 : memoryMb(requests.memory),
  cpuCores: requests?.cpu === undefined ? 0 : cpuCores(requests.cpu),
});

const times = (ask: Ask, count: number): Ask => ({ memoryMb: ask.memoryMb * count, cpuCores: ask.cpuCores * count });
const sum = (left: Ask, right: Ask): Ask => ({
  memoryMb: left.memoryMb + right.memoryMb,
  cpuCores: left.cpuCores + right.cpuCores,
});
const words = (ask: Ask): string => `${Math.floor(ask.memoryMb)} MiB and ${Number(ask.cpuCores.toFixed(2))} cores`;

/** Instances that the candidate will have: the deployment's wish, or its configuration's before there is one. */
async function replicasOf(db: Db, { deployment, config }: Candidate): Promise<number> {
  if (deployment === null) return config.replicas;
  const row = await db.selectFrom("deployments").select("replicas").where("id", "=", deployment).executeTakeFirst();
  return row?.replicas ?? config.replicas;
}

/** What all wanted instances on this machine ask for together. */
async function runningAsk(db: Db): Promise<Ask> {
  const { rows } = await sql<{ replicas: number; resources: DeploymentConfig["resources"] }>`
    select w.replicas, r.config->'resources' as resources
    from workloads w
    join revisions r on r.deployment_id = w.deployment_id and r.number = w.revision
    join deployments d on d.id = w.deployment_id
    join environments e on e.project = d.project and e.name = d.environment
    where w.replicas > 0 and r.config->'resources' ? 'requests' and d.fleet is null
      and coalesce(d.target, e.spec->'targets'->0)->>'type' = 'process'`.execute(db);
  return rows.reduce((total, row) => sum(total, times(askOf(row), row.replicas)), { memoryMb: 0, cpuCores: 0 });
}
