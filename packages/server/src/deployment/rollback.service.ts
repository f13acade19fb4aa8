import {
  applyCommand,
  assertReversible,
  type Instant,
  noWayBack,
  parseField,
  type Rollout,
  reverseRollout,
  rollBack,
  type ScopedRevision,
  SluiceError,
  strategySchema,
} from "@sluice/core";
import type { Kysely } from "kysely";
import type { Principal } from "../access/principal.ts";
import type { Db } from "../db/database.ts";
import { newId } from "../db/ids.ts";
import type { Database } from "../db/schema.ts";
import { wakeDeployment } from "../engine/wake.ts";
import { appendEvents } from "../event/event.store.ts";
import { wavesNow } from "../fleet/fleet.ts";
import { ADMISSION } from "../kinds/admission.ts";
import type { StoredRevision } from "../revision/revision.store.ts";
import { isIrreversibleVersion } from "../rollout/irreversible.ts";
import { deliveryOf, eventsOf, startRollout } from "../rollout/rollout.start.ts";
import { findRolloutForUpdate, saveRollout } from "../rollout/rollout.store.ts";
import { admitConfig } from "./admission.ts";
import {
  deliver,
  digestOfContent,
  ensureRevision,
  isProven,
  requireRevision,
  type Standing,
  standingOf,
} from "./change.ts";
import { type DeploymentName, lockLivingDeployment } from "./deployment.lookup.ts";
import type { RollbackDeployment } from "./deployment.schema.ts";
import { assertStarted, audit } from "./deployment.service.ts";
import { requireEnvironment, requireVersion } from "./references.ts";

export interface Rollbacks {
  /**
   * Takes a deployment back and answers the rollout that does it. Without `toRevision`: a rollout that goes forward is
   * turned back; otherwise the deployment returns to the revision promoted before the one that serves.
   */
  rollback(principal: Principal, name: DeploymentName, input: RollbackDeployment): Promise<Rollout>;
}

export function createRollbacks({ db, clock }: { db: Kysely<Database>; clock: () => Instant }): Rollbacks {
  return {
    rollback: (principal, name, input) =>
      db.transaction().execute((tx) => rollback(tx, principal, name, input, clock())),
  };
}

async function rollback(
  db: Db,
  principal: Principal,
  name: DeploymentName,
  input: RollbackDeployment,
  now: Instant,
): Promise<Rollout> {
  const deployment = await lockLivingDeployment(db, principal, name);
  assertStarted(deployment);
  const standing = await standingOf(db, deployment);
  const rollout = await chooseWay(db, principal, standing, input, now);
  const detail = {
    scope: input.scope,
    toRevision: rollout.toRevision,
    rollout: rollout.id,
    reason: input.reason ?? null,
  };
  await audit(db, principal, deployment, "deployment.rollback", detail, now);
  return rollout;
}

async function chooseWay(
  db: Db,
  principal: Principal,
  standing: Standing,
  input: RollbackDeployment,
  now: Instant,
): Promise<Rollout> {
  const { deployment, active, stable } = standing;
  const forward = active.findLast((rollout) => rollout.phase !== "rolling_back");
  if (forward !== undefined && input.toRevision === undefined && input.scope === "all") {
    return turnBack(db, principal, forward, input, now);
  }
  const delivery = stable === null ? null : await deliveryOf(db, deployment.id, stable.number);
  const number = input.toRevision ?? (forward === undefined ? delivery?.rollout.fromRevision : stable?.number);
  if (number === undefined || number === null) {
    throw new SluiceError(
      "failed_precondition",
      `deployment ${deployment.name} has no earlier promoted revision to go back to; name one with toRevision`,
    );
  }
  const goal = await requireRevision(db, deployment, number);
  const original = delivery !== null && delivery.rollout.fromRevision === goal.number ? delivery : null;
  if (original !== null && stable !== null && forward === undefined && input.scope === "all") {
    const serving = { revision: stable.number, version: stable.version };
    const waves = await wavesNow(db, deployment, original.rollout.strategy);
    const request = { id: newId("rol"), actor: principal.name, reason: input.reason ?? "", now, serving, waves };
    const reversed = reverseRollout(original.rollout, {
      ...request,
      irreversible: isIrreversibleVersion(stable.spec),
    });
    await saveRollout(db, reversed.original, original.rowVersion);
    await startRollout(db, { rollout: reversed.reverse, events: reversed.events });
    return reversed.reverse;
  }
  return backTo(db, principal, standing, { goal, input, rollbackOf: forward?.id ?? delivery?.rollout.id, now });
}

/** A rollout in flight goes back where it came from. */
async function turnBack(
  db: Db,
  principal: Principal,
  rollout: Rollout,
  input: RollbackDeployment,
  now: Instant,
): Promise<Rollout> {
  const current = await findRolloutForUpdate(db, rollout.id);
  if (current === null) throw new SluiceError("internal", `rollout ${rollout.id} vanished while it was locked`);
  const context = { actor: principal.name, comment: input.reason ?? "", now, creator: rollout.triggeredBy };
  const turned = applyCommand(current.rollout, "rollback", context);
  await saveRollout(db, turned.rollout, current.rowVersion);
  await appendEvents(db, eventsOf(turned.rollout, turned.events, now));
  await wakeDeployment(db, rollout.deployment);
  return turned.rollout;
}

/** A new rollout to what the scope takes back of an earlier revision: immediate, and without a trial where it was proven. */
async function backTo(
  db: Db,
  principal: Principal,
  standing: Standing,
  {
    goal,
    input,
    rollbackOf,
    now,
  }: { goal: StoredRevision; input: RollbackDeployment; rollbackOf: string | undefined; now: Instant },
): Promise<Rollout> {
  const { deployment, active, target } = standing;
  const environment = await requireEnvironment(db, deployment.project, deployment.environment);
  const current = { ...target, config: { ...target.config, replicas: deployment.replicas } };
  const wanted = rollBack(scoped(current), scoped(goal), input.scope);
  assertWayBack(standing, wanted.version);
  const artifact = { id: deployment.artifactId, name: deployment.artifact, kind: deployment.kind };
  const version = await requireVersion(db, artifact, wanted.version);
  const content = { version, config: admitConfig(wanted.config, environment, deployment.environment) };
  ADMISSION[artifact.kind]({ artifact: artifact.name, spec: version.spec, config: content.config });
  if (standing.delivered && digestOfContent(content) === target.digest) {
    throw new SluiceError(
      "failed_precondition",
      `there is nothing to take back: revision ${target.number} is ${active.length === 0 ? "what serves" : "being delivered"} and has the same content`,
    );
  }
  const revision = await ensureRevision(db, deployment.id, content, { by: principal.name, now });
  return deliver(db, standing, {
    to: { revision, version: version.version },
    strategy: parseField(strategySchema, { type: "immediate" }),
    environment,
    by: principal.name,
    now,
    fastTrack: await isProven(db, deployment.id, revision),
    rollbackOf,
    reason: `rolled back by ${principal.name}${input.reason === undefined ? "" : `: ${input.reason}`}`,
  });
}

/** Old code is not put on data that a later version has changed for good, by whichever road (edge case 50). */
function assertWayBack({ stable, active }: Standing, version: string): void {
  for (const { toVersion } of active.filter((rollout) => noWayBack(rollout) !== null)) {
    assertReversible(toVersion !== version, toVersion);
  }
  if (stable !== null)
    assertReversible(stable.version !== version && isIrreversibleVersion(stable.spec), stable.version);
}

const scoped = ({ version, spec, config }: StoredRevision): ScopedRevision => ({
  version,
  components: spec.components ?? {},
  config,
});
