import { type Instant, invalidField, SluiceError, seconds } from "@sluice/core";
import type { Kysely } from "kysely";
import type { Principal } from "../access/principal.ts";
import type { Db } from "../db/database.ts";
import type { Database } from "../db/schema.ts";
import { type DeploymentName, requireDeployment } from "../deployment/deployment.lookup.ts";
import type { GoalCountView, GoalEvent, GoalReceipt } from "./goal.schema.ts";
import {
  addCounts,
  addKeys,
  forgetOldKeys,
  type GoalCount,
  knownGoals,
  listCounts,
  type RunningTest,
  revisionsNamed,
  runningTest,
} from "./goal.store.ts";

/** Different goals that one deployment may have. */
const MOST_GOALS = 100;
const OLDEST_MS = seconds(7 * 86_400);
/** Clocks of applications may be ahead by so much. */
const AHEAD_MS = seconds(300);

export interface GoalService {
  /**
   * Counts events, all of them or none. `field` is where they stand in the body, empty for a single one. Throws
   * `invalid_argument` for a revision that the deployment has not, or a version that does not tell the revision.
   */
  record(
    principal: Principal,
    name: DeploymentName,
    events: readonly GoalEvent[],
    field?: string,
  ): Promise<GoalReceipt>;
  list(principal: Principal, name: DeploymentName): Promise<GoalCountView[]>;
  forgetOldKeys(): Promise<void>;
}

interface Deps {
  db: Kysely<Database>;
  clock: () => Instant;
  random?: () => number;
}

/** What applications report of their goals. Of high volume, so it is counted and not audited. */
export function createGoalService({ db, clock, random = Math.random }: Deps): GoalService {
  return {
    async record(principal, name, events, field = "") {
      const deployment = await requireDeployment(db, principal, "goal.write", name);
      return db.transaction().execute((tx) => record(tx, deployment.id, events, { field, now: clock(), random }));
    },
    async list(principal, name) {
      const deployment = await requireDeployment(db, principal, "deployment.read", name);
      return listCounts(db, deployment.id);
    },
    forgetOldKeys: () => forgetOldKeys(db),
  };
}

interface Context {
  field: string;
  now: Instant;
  random: () => number;
}

async function record(tx: Db, deployment: string, events: readonly GoalEvent[], context: Context) {
  const test = await runningTest(tx, deployment);
  const named = await revisionsNamed(tx, deployment, {
    numbers: events.flatMap((event) => event.revision ?? []),
    versions: events.flatMap((event) => event.version ?? []),
  });
  const placed = events.map((event, index) => {
    const field = (name: string): string => (context.field === "" ? name : `${context.field}[${index}].${name}`);
    assertTime(event, field("at"), context.now);
    return { event, revision: revisionOf(event, named, test, field) };
  });
  const timely = placed.filter(({ event }) => !isEarlier(event, test));
  await assertFewGoals(
    tx,
    deployment,
    timely.map(({ event }) => event.goal),
    context.field,
  );

  const keys = timely.flatMap(({ event: { goal, key } }) => (key === undefined ? [] : [{ goal, key }]));
  const fresh = new Set((await addKeys(tx, deployment, keys, new Date(context.now))).map(nameOf));
  // Of events with the same key the first one counts.
  const counted = timely.filter(({ event: { goal, key } }) => key === undefined || fresh.delete(nameOf({ goal, key })));
  await addCounts(tx, deployment, summed(counted), context.random());
  return {
    recorded: counted.length,
    duplicates: timely.length - counted.length,
    ignored: events.length - timely.length,
  };
}

const nameOf = ({ goal, key }: { goal: string; key: string }): string => JSON.stringify([goal, key]);

function assertTime({ at }: GoalEvent, field: string, now: Instant): void {
  if (at === undefined) return;
  const time = Date.parse(at);
  if (time >= now - OLDEST_MS && time <= now + AHEAD_MS) return;
  throw invalidField(field, at, "a time within the last seven days, at most five minutes ahead");
}

const isEarlier = ({ at, goal }: GoalEvent, test: RunningTest | null): boolean =>
  at !== undefined && test?.goal === goal && test.startedAt !== null && Date.parse(at) < test.startedAt.getTime();

/** The revision that an event is about: the one it names, or the one of its version, of the test's own two if it can be. */
function revisionOf(
  { revision, version }: GoalEvent,
  named: readonly { number: number; version: string }[],
  test: RunningTest | null,
  field: (name: string) => string,
): number {
  if (revision !== undefined) {
    if (named.some(({ number }) => number === revision)) return revision;
    throw invalidField(field("revision"), revision, "a revision of this deployment");
  }
  const numbers = named.filter((candidate) => candidate.version === version).map(({ number }) => number);
  const [newest] = numbers;
  if (newest === undefined) throw invalidField(field("version"), version, "a version that this deployment has run");
  const [arm, other] = numbers.filter((number) => test?.revisions.includes(number));
  if (other === undefined) return arm ?? newest;
  const allowed = `\`revision\` instead: both revisions of the A/B test, ${other} and ${arm}, have this version`;
  throw invalidField(field("version"), version, allowed);
}

async function assertFewGoals(tx: Db, deployment: string, goals: readonly string[], field: string): Promise<void> {
  const known = await knownGoals(tx, deployment);
  const all = new Set([...known, ...goals]);
  if (all.size <= Math.max(MOST_GOALS, known.size)) return;
  const found = goals.find((goal) => !known.has(goal));
  throw new SluiceError("resource_exhausted", `a deployment may have ${MOST_GOALS} goals; ${found} is one too many`, {
    violations: [{ field: field === "" ? "goal" : field, found, allowed: `one of the ${known.size} goals it has` }],
  });
}

function summed(events: readonly { event: GoalEvent; revision: number }[]): GoalCount[] {
  const sums = new Map<string, GoalCount>();
  for (const { event, revision } of events) {
    const key = JSON.stringify([event.goal, revision]);
    const sum = sums.get(key) ?? { goal: event.goal, revision, count: 0 };
    sums.set(key, { ...sum, count: sum.count + event.count });
  }
  return [...sums.values()];
}
