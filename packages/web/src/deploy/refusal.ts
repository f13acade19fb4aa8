import type { Plan } from "@sluice/client";

interface Found {
  /** Fields that need a number and have none. */
  blanks: readonly string[];
  plan: Plan | undefined;
  error: Error | null;
  settled: boolean;
  /** How many instances there would be, where that changes. */
  replicas?: number | undefined;
}

/** Why it cannot be deployed as it stands there; null: it can. */
export function refusalOf({ blanks, plan, error, settled, replicas }: Found): string | null {
  const [blank] = blanks;
  if (blank !== undefined) return `${blank} needs a number`;
  if (error !== null) return error.message;
  if (plan === undefined || !settled) return "The plan is being made";
  if (!plan.changes) return replicas === undefined ? "This is what runs there already" : null;
  if (plan.blocked) {
    const worst = worstFirst(plan.validations).find(({ passed }) => !passed);
    return `A check fails: ${worst?.message ?? "see the plan"}`;
  }
  if (plan.conflict?.handling === "reject")
    return `Rollout ${plan.conflict.rollout} is under way, and the strategy says to give way to it`;
  return null;
}

type Validation = Plan["validations"][number];
const SEVERITIES: readonly Validation["severity"][] = ["critical", "high", "medium", "low", "info"];

/** What fails before what passes, and the gravest before all. */
export const worstFirst = (validations: readonly Validation[]): Validation[] => {
  const rank = ({ passed, severity }: Validation): number =>
    passed ? SEVERITIES.length : SEVERITIES.indexOf(severity);
  return validations.toSorted((left, right) => rank(left) - rank(right));
};

/** Stops a rollout in all but the most lenient environments. */
export const isSevere = ({ severity }: Validation): boolean => severity === "critical" || severity === "high";

/** What will happen, for whoever is asked once more. */
export function consequence(plan: Plan, replicas?: number): string {
  const { fromVersion, toVersion, environment, approvals, steps, conflict, frozenUntil } = plan;
  if (!plan.changes) {
    return replicas === undefined
      ? `${plan.deployment} in ${environment} is as wanted already: nothing would be rolled out.`
      : `${toVersion} keeps all callers in ${environment}, with ${replicas} ${replicas === 1 ? "instance" : "instances"} from now on.`;
  }
  const share = steps.find(({ type }) => type === "setWeight" || type === "mirror");
  const first =
    fromVersion === null
      ? `${toVersion} is started in ${environment}, and gets all callers as soon as it is ready.`
      : share === undefined
        ? `${toVersion} is started in ${environment}, and gets the callers of ${fromVersion} when its steps say so.`
        : share.type === "mirror"
          ? `${toVersion} is started in ${environment} and gets copies of requests; callers stay with ${fromVersion}.`
          : `${toVersion} is started in ${environment}, and gets ${share.weight ?? 0} % of the callers of ${fromVersion} at first.`;
  return [
    first,
    ...(approvals.required > 0 ? [`Before that, ${people(approvals.required)} must approve.`] : []),
    ...(frozenUntil === null ? [] : ["Nothing starts while the environment is frozen."]),
    ...(conflict?.handling === "supersede" ? ["The rollout that is under way is ended."] : []),
    ...(conflict?.handling === "queue" ? ["It waits until the rollout that is under way has ended."] : []),
  ].join(" ");
}

export const people = (count: number): string => (count === 1 ? "one person" : `${count} people`);
