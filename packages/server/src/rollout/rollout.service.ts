import {
  applyCommand,
  asksPeopleAhead,
  assertAllowed,
  type Command,
  type Instant,
  invalidField,
  isTerminal,
  type RollbackTrigger,
  type Rollout,
  type RolloutEvent,
  retryRollout,
  reverseRollout,
  SluiceError,
  targetsAsk,
} from "@sluice/core";
import type { Kysely } from "kysely";
import { type Action, authorise, projectOf } from "../access/authorise.ts";
import type { Principal } from "../access/principal.ts";
import { appendAudit } from "../audit/audit.store.ts";
import type { Db } from "../db/database.ts";
import { newId } from "../db/ids.ts";
import type { Database } from "../db/schema.ts";
import { requireDeployment } from "../deployment/deployment.lookup.ts";
import { findDeploymentForUpdate } from "../deployment/deployment.store.ts";
import { wakeDeployment } from "../engine/wake.ts";
import { appendEvents } from "../event/event.store.ts";
import { approveAtTargets } from "../fleet/approve.ts";
import { wavesNow } from "../fleet/fleet.ts";
import { keyOfCursor, type Page, toPage } from "../http/page.ts";
import { reportOf } from "../judge/judge.store.ts";
import { findRevision } from "../revision/revision.store.ts";
import { samplesOf } from "../series/series.store.ts";
import { isIrreversibleVersion } from "./irreversible.ts";
import type { ListRollouts } from "./rollout.schema.ts";
import { eventsOf, startRollout } from "./rollout.start.ts";
import {
  activeRollouts,
  findRollout,
  findRolloutForUpdate,
  listRollouts,
  type StoredRollout,
  saveRollout,
} from "./rollout.store.ts";

export interface RolloutService {
  get(principal: Principal, id: string): Promise<Rollout>;
  list(principal: Principal, query: ListRollouts): Promise<Page<Rollout>>;
  /** How its traffic went, oldest first. */
  series(principal: Principal, id: string, after: Date | null, limit: number): ReturnType<typeof samplesOf>;
  /**
   * Gives a command and answers the rollout that carries it out: the same one, or a new one for `retry` and for
   * `rollback` after completion. Throws `failed_precondition` naming the phase and what it allows.
   */
  command(principal: Principal, id: string, command: Command, words: CommandWords): Promise<Rollout>;
}

/** What comes with a command. */
export interface CommandWords {
  comment?: string | undefined;
  /** Of `rollback` alone. Default: somebody's wish. */
  trigger?: RollbackTrigger | undefined;
}

interface Deps {
  db: Kysely<Database>;
  clock: () => Instant;
}

export function createRolloutService({ db, clock }: Deps): RolloutService {
  return {
    get: async (principal, id) =>
      withLastWord(db, visible(principal, "rollout.read", id, await findRollout(db, id)).rollout),
    list: (principal, query) => list(db, principal, query),
    async series(principal, id, after, limit) {
      visible(principal, "rollout.read", id, await findRollout(db, id));
      return samplesOf(db, id, after, limit);
    },
    command: (principal, id, command, { comment = "", trigger }) => {
      if (trigger !== undefined && command !== "rollback") {
        throw invalidField("trigger", trigger, `nothing: it is for rollback, and this is ${command}`);
      }
      const order = { principal, id, command, comment, trigger, now: clock() };
      return db.transaction().execute((tx) => give(tx, order));
    },
  };
}

/** With what its judge said last: the rollout itself hears of that when it is woken, and who looks at it sees it before. */
async function withLastWord(db: Db, rollout: Rollout): Promise<Rollout> {
  if (isTerminal(rollout.phase)) return rollout;
  const judge = (await reportOf(db, [rollout.id])).get(rollout.id);
  return judge?.hypothesis === rollout.id ? { ...rollout, judge } : rollout;
}

async function list(db: Db, principal: Principal, query: ListRollouts): Promise<Page<Rollout>> {
  const project = projectOf(principal, query.project);
  const environment = query.environment ?? principal.environment ?? undefined;
  authorise(principal, "rollout.read", { project, ...(environment !== undefined && { environment }) });
  const deployment =
    query.deployment === undefined
      ? undefined
      : await requireDeployment(db, principal, "deployment.read", { id: query.deployment, project, environment });
  const before = keyOfCursor(query.cursor);
  const rows = await listRollouts(db, {
    project,
    limit: query.limit + 1,
    ...(deployment !== undefined && { deployment: deployment.id }),
    ...(query.artifact !== undefined && { artifact: query.artifact }),
    ...(query.kind !== undefined && { kind: query.kind }),
    ...(environment !== undefined && { environment }),
    ...(query.phase !== undefined && { phases: query.phase }),
    ...(before !== undefined && { before }),
  });
  return toPage(
    rows.map((stored) => stored.rollout),
    query.limit,
    (rollout) => rollout.id,
    (rollout) => rollout,
  );
}

interface Order {
  principal: Principal;
  id: string;
  command: Command;
  comment: string;
  trigger: RollbackTrigger | undefined;
  now: Instant;
}

/** Who may approve need not be who may deliver. */
const ACTIONS: Readonly<Record<Command, Action>> = {
  approve: "rollout.approve",
  reject: "rollout.approve",
  pause: "rollout.write",
  resume: "rollout.write",
  promote: "rollout.write",
  reevaluate: "rollout.write",
  rollback: "rollout.write",
  cancel: "rollout.write",
  retry: "rollout.write",
};

/** Skipping a step that asks people is an approval. */
const actionOf = (command: Command, rollout: Rollout): Action =>
  command === "promote" && asksPeopleAhead(rollout) ? "rollout.approve" : ACTIONS[command];

async function give(db: Db, order: Order): Promise<Rollout> {
  const { principal, id, command, comment, trigger, now } = order;
  const { rollout: seen } = visible(principal, ACTIONS[command], id, await findRollout(db, id));
  assertWhole(seen, command);
  const another = command === "retry" || (command === "rollback" && seen.phase === "completed");
  const answer = another ? await beginAnother(db, order, seen) : await changeInPlace(db, order);
  const detail = {
    comment,
    ...(trigger && { trigger }),
    phase: seen.phase,
    ...(answer.id === id ? {} : { rollout: answer.id }),
  };
  const record = { project: answer.project, actor: principal.name, action: `rollout.${command}`, subject: id, detail };
  await appendAudit(db, { ...record, at: new Date(now) });
  return answer;
}

async function changeInPlace(db: Db, { principal, id, command, comment, trigger, now }: Order): Promise<Rollout> {
  const stored = visible(principal, ACTIONS[command], id, await findRolloutForUpdate(db, id));
  authorise(principal, actionOf(command, stored.rollout), stored.rollout);
  if (command === "retry") throw new SluiceError("internal", "a retry begins another rollout");
  const context = {
    actor: principal.name,
    comment,
    now,
    creator: stored.rollout.triggeredBy,
    ...(trigger && { trigger }),
  };
  const { rollout, events } = applyCommand(stored.rollout, command, context);
  await saveRollout(db, rollout, stored.rowVersion);
  if (command === "approve" && targetsAsk(stored.rollout)) await approveAtTargets(db, stored.rollout, context);
  await report(db, rollout, events, now);
  return rollout;
}

/** At one of several targets nothing is commanded that the others would not hear of. */
function assertWhole({ id, partOf }: Rollout, command: Command): void {
  if (partOf === null) return;
  throw new SluiceError(
    "failed_precondition",
    `rollout ${id} is at one target of rollout ${partOf}; give the command ${command} to ${partOf}`,
  );
}

/** A new rollout in the footsteps of one that has ended, under the deployment's lock: two retries do not both begin. */
async function beginAnother(db: Db, order: Order, seen: Rollout): Promise<Rollout> {
  const { principal, id, command, comment, trigger, now } = order;
  const deployment = await findDeploymentForUpdate(db, seen.deployment);
  const stored = visible(principal, ACTIONS[command], id, await findRolloutForUpdate(db, id));
  if (deployment === null) throw new SluiceError("not_found", `the deployment of rollout ${id} is gone`);
  if (deployment.deleting || deployment.stopped) {
    const state = deployment.deleting ? "being deleted" : "stopped; start it first";
    throw new SluiceError("failed_precondition", `deployment ${deployment.name} is ${state}`);
  }
  assertAllowed(stored.rollout, command);
  await assertNoneActive(db, command, deployment.id);
  const stable =
    deployment.stableRevision === null ? null : await findRevision(db, deployment.id, deployment.stableRevision);
  const serving = stable === null ? null : { revision: stable.number, version: stable.version };
  const waves = await wavesNow(db, deployment, stored.rollout.strategy);
  const request = { id: newId("rol"), actor: principal.name, reason: comment, now, serving, waves };
  if (command === "retry") {
    const retried = retryRollout(stored.rollout, request);
    await startRollout(db, retried);
    return retried.rollout;
  }
  const reversed = reverseRollout(stored.rollout, {
    ...request,
    irreversible: isIrreversibleVersion(stable?.spec),
    ...(trigger && { trigger }),
  });
  await saveRollout(db, reversed.original, stored.rowVersion);
  await startRollout(db, { rollout: reversed.reverse, events: reversed.events });
  return reversed.reverse;
}

/** What ended is taken up again only where nothing newer is under way: that one is meant, and it would be superseded. */
async function assertNoneActive(db: Db, command: Command, deployment: string): Promise<void> {
  const [active] = await activeRollouts(db, deployment);
  if (active === undefined) return;
  const { id, phase } = active.rollout;
  throw new SluiceError(
    "failed_precondition",
    `${command} is not possible while rollout ${id} is in phase ${phase}; wait for its end, or command that one`,
  );
}

async function report(db: Db, rollout: Rollout, events: readonly RolloutEvent[], now: Instant): Promise<void> {
  await appendEvents(db, eventsOf(rollout, events, now));
  await wakeDeployment(db, rollout.deployment);
}

/** Throws `not_found` for one that does not exist, or belongs to a project the principal knows nothing of. */
function visible(principal: Principal, action: Action, id: string, stored: StoredRollout | null): StoredRollout {
  if (stored === null || (principal.project !== null && principal.project !== stored.rollout.project)) {
    throw new SluiceError("not_found", `rollout ${id} does not exist`);
  }
  authorise(principal, action, stored.rollout);
  return stored;
}
