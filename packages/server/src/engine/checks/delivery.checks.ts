import { sql } from "kysely";
import { routeHolder } from "../../routing/route.store.ts";
import type { Check } from "../checks.ts";
import { fail, pass } from "./finding.ts";

/** Rules of the environment about how and after what a version may come, and whether its route is free. */
export const deliveryChecks: readonly Check[] = [
  {
    name: "strategy",
    type: "policy",
    severity: "critical",
    async run({ candidate: { strategy, environment } }) {
      const allowed = environment.protection.allowedStrategies;
      if (allowed === null) return pass(`strategy ${strategy.type}; the environment allows every one`);
      return allowed.includes(strategy.type)
        ? pass(`strategy ${strategy.type} is allowed`)
        : fail(`strategy ${strategy.type} is not allowed here; allowed: ${allowed.join(", ")}`);
    },
  },
  {
    name: "promotion-order",
    type: "policy",
    severity: "critical",
    async run({ db, candidate: { project, versionId, version, environment } }) {
      const before = environment.protection.requireSuccessIn;
      if (before === null) return null;
      const { rows } = await sql`
        select 1 from rollouts r
        join revisions v on v.deployment_id = r.deployment_id and v.number = (r.state->>'toRevision')::integer
        where r.project = ${project} and r.environment = ${before} and r.phase = 'completed' and r.part_of is null
          and v.version_id = ${versionId}
        limit 1`.execute(db);
      return rows.length > 0
        ? pass(`version ${version} was completed in ${before}`)
        : fail(`version ${version} has not completed a rollout in ${before}, which this environment requires first`);
    },
  },
  {
    name: "route",
    type: "network",
    severity: "critical",
    async run({ db, candidate: { route, deployment } }) {
      if (route === null) return null;
      const holder = await routeHolder(db, route, deployment);
      return holder === null ? pass(`route ${route.path} is free`) : fail(`route ${route.path} is taken by ${holder}`);
    },
  },
];
