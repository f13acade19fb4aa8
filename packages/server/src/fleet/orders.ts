import {
  allowedCommands,
  applyCommand,
  createRollout,
  type EnvironmentSpec,
  type InPlaceCommand,
  type Instant,
  isTerminal,
  type MemberOrder,
  memberStrategy,
  parseField,
  type Rollout,
  SluiceError,
  type Strategy,
  strategySchema,
} from "@sluice/core";
import type { Db } from "../db/database.ts";
import { newId } from "../db/ids.ts";
import { findDeployment, type StoredDeployment } from "../deployment/deployment.store.ts";
import { wakeDeployment } from "../engine/wake.ts";
import { appendEvents } from "../event/event.store.ts";
import { findRevision } from "../revision/revision.store.ts";
import { eventsOf, startRollout } from "../rollout/rollout.start.ts";
import { activeRollouts, findRolloutForUpdate, saveRollout } from "../rollout/rollout.store.ts";
import { sendAway } from "./leave.ts";
import { ensureMembers, lockMember, rolloutsFor } from "./member.store.ts";

/** One order, with what it is about: the member is locked, and so is the rollout of the whole. */
export interface Given {
  whole: Rollout;
  /** Id of the deployment at several targets. */
  parent: string;
  environment: EnvironmentSpec;
  target: string;
  /** Null when there is none yet. */
  member: StoredDeployment | null;
}

/** Answers the member's rollout that it changed or began, or the member that it sent away; null when there was nothing to do. */
type CarryOut = (db: Db, given: Given, now: Instant) => Promise<string | null>;

export const ORDERS: Readonly<Record<MemberOrder, CarryOut>> = {
  deliver,
  return: takeBack,
  pause: (db, given, now) => command(db, given, "pause", now),
  resume: (db, given, now) => command(db, given, "resume", now),
  promote: (db, given, now) => command(db, given, "promote", now),
};

async function deliver(db: Db, given: Given, now: Instant): Promise<string | null> {
  const { whole, target } = given;
  const member = given.member ?? (await makeMember(db, given, now));
  if (member === null || member.deleting) return null;
  if ((await activeRollouts(db, member.id)).length > 0) return null;
  const [last] = await rolloutsFor(db, member.id, whole.id);
  if (last !== undefined && last.attempts.members >= whole.attempts.members) return null;
  const wanted = { to: whole.toRevision, strategy: memberStrategy(whole, target), fastTrack: whole.fastTrack };
  const takesBack = await takenBackBy(db, member, whole);
  return begin(db, member, given, { ...wanted, ...(takesBack !== null && { rollbackOf: takesBack }) }, now);
}

/** Of a way back of the whole: what it takes back here, so that nobody takes it for a delivery; null where there is nothing. */
async function takenBackBy(db: Db, member: StoredDeployment, { rollbackOf }: Rollout): Promise<string | null> {
  const [last] = rollbackOf === null ? [] : await rolloutsFor(db, member.id, rollbackOf);
  return last?.id ?? null;
}

/** One that was sent away, or whose target is new. */
async function makeMember(
  db: Db,
  { parent, environment, target }: Given,
  now: Instant,
): Promise<StoredDeployment | null> {
  const whole = await findDeployment(db, parent);
  if (whole === null || whole.deleting) return null;
  await ensureMembers(db, whole, environment, now);
  return lockMember(db, parent, target);
}

interface Wanted {
  to: number;
  strategy: Strategy;
  fastTrack: boolean;
  rollbackOf?: string;
}

/** Checks, gates and approvals are those of the whole. */
async function begin(
  db: Db,
  member: StoredDeployment,
  { whole }: Given,
  { to, strategy, fastTrack, rollbackOf }: Wanted,
  now: Instant,
): Promise<string> {
  const serving = member.stableRevision === null ? null : await findRevision(db, member.id, member.stableRevision);
  const revision = await findRevision(db, member.id, to);
  if (revision === null) throw new SluiceError("internal", `member ${member.name} has no revision ${to}`);
  const created = createRollout(
    {
      id: newId("rol"),
      project: member.project,
      deployment: member.id,
      artifact: member.artifact,
      environment: member.environment,
      from: serving === null ? null : { revision: serving.number, version: serving.version },
      to: { revision: to, version: revision.version },
      strategy,
      requiredApprovals: 0,
      fourEyes: whole.fourEyes,
      approvers: whole.approvers,
      approvalExpirySeconds: whole.approvalExpirySeconds,
      triggeredBy: whole.triggeredBy,
      fastTrack,
      partOf: { rollout: whole.id, attempt: whole.attempts.members },
      ...(whole.reason === null ? {} : { reason: whole.reason }),
      ...(rollbackOf === undefined ? {} : { rollbackOf }),
    },
    now,
  );
  await startRollout(db, created);
  return created.rollout.id;
}

/** What is under way turns back; what was delivered is delivered back, or goes where nothing was before. */
async function takeBack(db: Db, given: Given, now: Instant): Promise<string | null> {
  const { whole, member } = given;
  if (member === null || member.deleting) return null;
  const own = await rolloutsFor(db, member.id, whole.id);
  const [last] = own;
  if (last !== undefined && !isTerminal(last.phase)) {
    if (last.toRevision !== whole.toRevision) return null;
    const order = allowedCommands(last).includes("rollback") ? "rollback" : "cancel";
    return command(db, given, order, now);
  }
  const forward = own.find(({ toRevision }) => toRevision === whole.toRevision);
  if (forward === undefined || member.stableRevision !== whole.toRevision) return null;
  if (forward.fromRevision === null) {
    await sendAway(db, member.id, "engine", now);
    return member.id;
  }
  const strategy = parseField(strategySchema, { type: "immediate" });
  const wanted = { to: forward.fromRevision, strategy, fastTrack: true, rollbackOf: forward.id };
  return begin(db, member, given, wanted, now);
}

/** Gives the member's rollout a command on behalf of the whole; null when it takes none such now. */
async function command(db: Db, { whole, member }: Given, order: InPlaceCommand, now: Instant): Promise<string | null> {
  const [last] = member === null ? [] : await rolloutsFor(db, member.id, whole.id);
  const stored = last === undefined ? null : await findRolloutForUpdate(db, last.id);
  if (stored === null || !allowedCommands(stored.rollout).includes(order)) return null;
  const context = { actor: "engine", comment: `with ${whole.id}`, now, creator: whole.triggeredBy };
  const { rollout, events } = applyCommand(stored.rollout, order, context);
  const attempts = { ...rollout.attempts, members: whole.attempts.members };
  await saveRollout(db, { ...rollout, attempts }, stored.rowVersion);
  await appendEvents(db, eventsOf(rollout, events, now));
  await wakeDeployment(db, rollout.deployment);
  return rollout.id;
}
