import { type Instant, invalidField, SluiceError } from "@sluice/core";
import type { Kysely } from "kysely";
import type { Principal } from "../access/principal.ts";
import type { Db } from "../db/database.ts";
import type { Database } from "../db/schema.ts";
import type { Live } from "../engine/live.ts";
import { wakeDeployment } from "../engine/wake.ts";
import { appendEvents } from "../event/event.store.ts";
import { changeMembers } from "../fleet/fleet.ts";
import { membersOfDeployment } from "../fleet/member.store.ts";
import { abandonRollouts } from "../rollout/rollout.end.ts";
import { activeRollouts } from "../rollout/rollout.store.ts";
import { standingOf } from "./change.ts";
import { type DeploymentName, lockDeployment, lockLivingDeployment, requireDeployment } from "./deployment.lookup.ts";
import { assertStarted, audit, reread } from "./deployment.service.ts";
import { changeDeployment, type DeploymentChange, type StoredDeployment } from "./deployment.store.ts";
import { desiredWorkloads } from "./workload.store.ts";

/** What people do to a deployment without changing what it runs. The engine makes it so; no revision, no rollout. */
export interface DeploymentLifecycle {
  scale(principal: Principal, name: DeploymentName, replicas: number): Promise<StoredDeployment>;
  stop(principal: Principal, name: DeploymentName): Promise<StoredDeployment>;
  start(principal: Principal, name: DeploymentName): Promise<StoredDeployment>;
  restart(principal: Principal, name: DeploymentName): Promise<StoredDeployment>;
  /** Ends its rollouts and marks it as going away: traffic first, then instances, then the deployment itself. */
  remove(principal: Principal, name: DeploymentName): Promise<StoredDeployment>;
}

interface Deps {
  db: Kysely<Database>;
  clock: () => Instant;
  live: Live;
}

export function createDeploymentLifecycle({ db, clock, live }: Deps): DeploymentLifecycle {
  const inTransaction = <T>(work: (tx: Db, now: Instant) => Promise<T>): Promise<T> =>
    db.transaction().execute((tx) => work(tx, clock()));
  return {
    scale: (principal, name, replicas) => inTransaction((tx, now) => scale(tx, principal, name, replicas, now)),
    stop: (principal, name) => inTransaction((tx, now) => stop(tx, principal, name, now)),
    start: (principal, name) => inTransaction((tx, now) => start(tx, principal, name, now)),
    remove: (principal, name) => inTransaction((tx, now) => remove(tx, principal, name, now)),
    restart: async (principal, name) => {
      const whole = await requireDeployment(db, principal, "deployment.write", name);
      assertStarted(whole);
      const running = whole.fleet === null ? [whole] : await membersOfDeployment(db, whole.id);
      const found = await Promise.all(running.map((one) => restartable(db, one)));
      const groups = found.flat();
      if (groups.length === 0) {
        throw new SluiceError("failed_precondition", `deployment ${whole.name} has no instances to restart`);
      }
      for (const group of groups) await live.restart(group);
      const revisions = [...new Set(groups.map(({ revision }) => revision))];
      return inTransaction((tx, now) => recordRestart(tx, principal, name, revisions, now));
    },
  };
}

async function restartable(db: Db, { id: deployment, fence }: StoredDeployment) {
  const workloads = (await desiredWorkloads(db, deployment)).filter(({ replicas }) => replicas > 0);
  return workloads.map(({ revision }) => ({ deployment, revision, fence }));
}

async function scale(db: Db, principal: Principal, name: DeploymentName, replicas: number, now: Instant) {
  const deployment = await lockLivingDeployment(db, principal, name);
  const { scaling } = (await standingOf(db, deployment)).target.config;
  if (scaling !== null && (replicas < scaling.min || replicas > scaling.max)) {
    throw invalidField("replicas", replicas, `${scaling.min} to ${scaling.max}, as config.scaling says`);
  }
  if (replicas === deployment.replicas) return deployment;
  const detail = { from: deployment.replicas, replicas };
  return change(db, principal, deployment, { replicas }, { action: "scale", done: "scaled", detail, now });
}

async function stop(db: Db, principal: Principal, name: DeploymentName, now: Instant) {
  const deployment = await lockLivingDeployment(db, principal, name);
  const [active] = await activeRollouts(db, deployment.id);
  if (active !== undefined) {
    const { id, phase } = active.rollout;
    throw new SluiceError(
      "failed_precondition",
      `rollout ${id} is in phase ${phase}; cancel it or wait for its end, then stop`,
    );
  }
  if (deployment.stopped) return deployment;
  return change(db, principal, deployment, { stopped: true }, { action: "stop", done: "stopped", detail: {}, now });
}

async function start(db: Db, principal: Principal, name: DeploymentName, now: Instant) {
  const deployment = await lockLivingDeployment(db, principal, name);
  if (!deployment.stopped) return deployment;
  return change(db, principal, deployment, { stopped: false }, { action: "start", done: "started", detail: {}, now });
}

async function remove(db: Db, principal: Principal, name: DeploymentName, now: Instant) {
  const deployment = await lockDeployment(db, principal, "deployment.write", name);
  if (deployment.deleting) return deployment;
  const rollouts = await abandonRollouts(db, deployment.id, principal.name, now);
  const { environment, artifact, kind } = deployment;
  // Whoever hears of it later may find nothing of it left.
  const detail = { name: deployment.name, environment, artifact, kind, rollouts };
  return change(db, principal, deployment, { deleting: true }, { action: "delete", done: "deleted", detail, now });
}

async function recordRestart(db: Db, principal: Principal, name: DeploymentName, revisions: number[], now: Instant) {
  const deployment = await lockLivingDeployment(db, principal, name);
  // The runtime takes two restarts under one fence for the same one: the next shall be another.
  const next = { fence: deployment.fence + 1 };
  return change(db, principal, deployment, next, { action: "restart", done: "restarted", detail: { revisions }, now });
}

interface Deed {
  /** For the audit: `deployment.<action>`. */
  action: string;
  /** For the event: `deployment.<done>`. */
  done: string;
  detail: Record<string, unknown>;
  now: Instant;
}

async function change(
  db: Db,
  principal: Principal,
  deployment: StoredDeployment,
  values: DeploymentChange,
  { action, done, detail, now }: Deed,
): Promise<StoredDeployment> {
  const { id, project, name } = deployment;
  await changeDeployment(db, id, values, new Date(now));
  await changeMembers(db, deployment, values, now);
  const message = `deployment ${name} was ${done} by ${principal.name}`;
  const event = { project, deployment: id, rollout: null, type: `deployment.${done}`, message, alert: false };
  await appendEvents(db, [{ ...event, data: detail, at: new Date(now) }]);
  await wakeDeployment(db, id);
  await audit(db, principal, deployment, `deployment.${action}`, detail, now);
  return reread(db, id);
}
