import {
  ARTIFACT_KINDS,
  deploymentStatus,
  type EnvironmentSpec,
  type Instant,
  percentFromWeight,
  seconds,
  toIso,
  weightOf,
  weightOverTargets,
} from "@sluice/core";
import type { Kysely } from "kysely";
import { authorise, projectOf } from "../access/authorise.ts";
import type { Principal } from "../access/principal.ts";
import type { Db } from "../db/database.ts";
import type { Database } from "../db/schema.ts";
import { listEnvironments, type StoredEnvironment } from "../environment/environment.store.ts";
import { requireProject } from "../project/project.store.ts";
import { DEFINITIONS, type InsightsView, type OverviewView } from "./insight.schema.ts";
import { endedRollouts } from "./insight.store.ts";
import { insightOf } from "./insight.ts";
import { type MovingRollout, type PlacedDeployment, placedDeployments } from "./overview.store.ts";

export interface InsightService {
  /** What version is where, and what is moving. A token of one environment sees that column. */
  overview(principal: Principal, project?: string): Promise<OverviewView>;
  /** How rollouts ended lately, and DORA's four measures of it. */
  insights(
    principal: Principal,
    query: { project?: string | undefined; days: number; timezone: string },
  ): Promise<InsightsView>;
}

interface Deps {
  db: Kysely<Database>;
  clock: () => Instant;
}

const MOST_DEPLOYMENTS = 5_000;
const MOST_ENVIRONMENTS = 1_000;
const MOST_ROLLOUTS = 50_000;

export const createInsightService = ({ db, clock }: Deps): InsightService => ({
  async overview(principal, asked) {
    const { project, environment } = await reach(db, principal, asked);
    const [environments, found] = await Promise.all([
      environmentsOf(db, project, environment),
      placedDeployments(db, { project, environment, limit: MOST_DEPLOYMENTS + 1 }),
    ]);
    const placed = found.slice(0, MOST_DEPLOYMENTS);
    return {
      project,
      environments: environments.map(({ name, spec }) => ({ name, tier: spec.tier })).sort(byTier),
      artifacts: artifactsOf(placed),
      deployments: placed.map(placedView),
      complete: found.length <= MOST_DEPLOYMENTS,
    };
  },

  async insights(principal, { project: asked, days, timezone }) {
    const { project, environment } = await reach(db, principal, asked);
    const to = clock();
    const from = to - seconds(days * 86_400);
    const environments = await environmentsOf(db, project, environment);
    const production = environments.filter(({ spec }) => spec.tier === "production").map(({ name }) => name);
    const since = new Date(from);
    const found = await endedRollouts(db, { project, environment, production, since, limit: MOST_ROLLOUTS + 1 });
    const insight = insightOf(found.slice(0, MOST_ROLLOUTS), { from, to, days, timezone });
    const { leadTime, timeToRestore, completed } = insight;
    return {
      ...{ project, days, timezone, from: toIso(from), to: toIso(to) },
      rollouts: insight.byDay,
      deploymentFrequency: {
        perDay: production.length === 0 ? null : insight.perDay,
        completed,
        definition: DEFINITIONS.deploymentFrequency,
      },
      leadTime: { medianSeconds: leadTime.seconds, versions: leadTime.count, definition: DEFINITIONS.leadTime },
      changeFailureRate: {
        ...{ rate: insight.failureRate, failures: insight.failures, changes: insight.changes },
        definition: DEFINITIONS.changeFailureRate,
      },
      timeToRestore: {
        ...{ medianSeconds: timeToRestore.seconds, restored: timeToRestore.count },
        definition: DEFINITIONS.timeToRestore,
      },
      complete: found.length <= MOST_ROLLOUTS,
    };
  },
});

async function reach(db: Db, principal: Principal, asked: string | undefined) {
  const project = projectOf(principal, asked);
  const { environment } = principal;
  authorise(principal, "deployment.read", { project, ...(environment !== null && { environment }) });
  await requireProject(db, project);
  return { project, environment };
}

const environmentsOf = (db: Db, project: string, name: string | null): Promise<StoredEnvironment[]> =>
  listEnvironments(db, { project, limit: MOST_ENVIRONMENTS, ...(name !== null && { name }) });

const TIERS: readonly EnvironmentSpec["tier"][] = ["development", "staging", "production", "dr", "custom"];

const byTier = (left: OverviewView["environments"][number], right: OverviewView["environments"][number]): number =>
  TIERS.indexOf(left.tier) - TIERS.indexOf(right.tier) || left.name.localeCompare(right.name);

function artifactsOf(placed: readonly PlacedDeployment[]): OverviewView["artifacts"] {
  const kinds = new Map(placed.map(({ artifact, kind }) => [artifact, kind]));
  return [...kinds].flatMap(([name, stored]) => {
    const kind = ARTIFACT_KINDS.find((known) => known === stored);
    return kind === undefined ? [] : [{ name, kind }];
  });
}

function placedView({ kind: _, stopped, deleting, rollout, ...deployment }: PlacedDeployment) {
  const status = deploymentStatus({
    deleting,
    stopped,
    hasStable: deployment.version !== null,
    activeRollout: rollout,
    stableVerdict: null,
  });
  return { ...deployment, status, rollout: rollout && movingView(rollout) };
}

function movingView({ id, phase, paused, toVersion, toRevision, split, members }: MovingRollout) {
  const one = split === null ? 0 : weightOf(split, toRevision);
  return {
    id,
    phase,
    paused,
    toVersion,
    weight: percentFromWeight(members === null ? one : weightOverTargets(members)),
  };
}
