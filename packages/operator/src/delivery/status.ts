import type { Phase } from "@sluice/core";
import { isTerminal } from "@sluice/core";
import { healthOf, mendedConditions, type Verdict } from "../conditions.ts";
import type { DeliveryObject, DeliveryStatus } from "./delivery.kinds.ts";
import type { Look } from "./server.ts";

/** What became of an object's wish, at one moment. */
export interface DeliveryObservation {
  object: DeliveryObject;
  /** Of the wish that the server was brought; empty: not yet. */
  applied: string;
  /** In the way of it: nothing, or a word and a sentence; `Unknown` where nobody can tell. */
  problem: { reason: string; message: string; unknown?: boolean } | null;
  /** Of a deployment, when the server could be asked. */
  look: Look | null;
  /** The version that is asked for; null for what has none. */
  version: string | null;
}

/** `now` as RFC 3339. */
export function deliveryStatus(observation: DeliveryObservation, now: string): DeliveryStatus {
  const { object, applied, problem, look, version } = observation;
  const { generation = 0 } = object.metadata;
  const before = object.status;
  const accepted: Verdict =
    problem === null
      ? { status: "True", reason: "Accepted", message: "" }
      : { status: problem.unknown === true ? "Unknown" : "False", reason: problem.reason, message: problem.message };
  const verdicts = {
    Accepted: accepted,
    ...(version === null ? atRest(accepted) : courseOf(look, version, accepted)),
  };
  const at = { generation, now };
  const seen =
    version === null || look === null ? (version === null ? {} : lastSeen(before)) : figuresOf(look, version);
  return {
    observedGeneration: generation,
    ...(applied !== "" && { applied }),
    ...seen,
    conditions: mendedConditions(before?.conditions ?? [], verdicts, at),
  };
}

const lastSeen = ({ deployment, rollout, phase, weight, version }: Partial<DeliveryStatus> = {}) => ({
  ...(deployment !== undefined && { deployment }),
  ...(rollout !== undefined && { rollout }),
  ...(phase !== undefined && { phase }),
  ...(weight !== undefined && { weight }),
  ...(version !== undefined && { version }),
});

/** The weight is the share of callers that the version which is asked for gets; without a route, that it would get. */
const figuresOf = ({ deployment, rollout }: Look, wanted: string) => ({
  deployment: deployment.id,
  ...(rollout !== null && { rollout: rollout.id }),
  weight:
    rollout !== null && !isTerminal(rollout.phase) && rollout.toVersion === wanted
      ? rollout.weight
      : deployment.split.reduce((sum, { version, weight }) => sum + (version === wanted ? weight : 0), 0),
  phase: rollout !== null && !isTerminal(rollout.phase) ? rollout.phase : deployment.status,
  ...(deployment.version !== null && { version: deployment.version }),
});

/** Of what is there once the server has it. */
const atRest = (accepted: Verdict): Record<string, Verdict> => ({
  Ready: accepted,
  ...healthOf(accepted, accepted.status === "False" ? accepted : null),
});

/** Ready, Progressing and Degraded of a deployment, and how that is called of any object. What cannot be seen stays unknown. */
function courseOf(look: Look | null, version: string, accepted: Verdict): Record<string, Verdict> {
  const refused = accepted.status === "False" ? accepted : null;
  if (look === null) {
    const unknown: Verdict = { ...accepted, status: accepted.status === "Unknown" ? "Unknown" : "False" };
    return { Ready: unknown, Progressing: { ...unknown, message: "" }, ...healthOf(unknown, refused) };
  }
  const { deployment, rollout } = look;
  const active = rollout !== null && !isTerminal(rollout.phase) ? rollout : null;
  const ended = rollout !== null && BAD_ENDS.has(rollout.phase) ? rollout : null;
  const isThere = deployment.status === "running" && deployment.version === version;
  const isOther = deployment.status === "running" && deployment.version !== version;
  const serves = `version ${deployment.version ?? "none"} is ${deployment.status}`;
  const failed =
    ended === null ? "" : `rollout ${ended.id} to ${ended.toVersion} ended ${ended.phase}: ${ended.reason ?? ""}`;
  const rest: Verdict = isThere
    ? { status: accepted.status === "False" ? "False" : "True", reason: "Running", message: serves }
    : ended !== null
      ? { status: "False", reason: wordOf(ended.phase), message: failed }
      : isOther
        ? { status: "False", reason: "OtherVersion", message: `${serves}, and ${version} is asked for` }
        : { status: "False", reason: wordOf(deployment.status), message: serves };
  const ready = active === null ? rest : { status: "False" as const, ...wordsOf(active) };
  const isDegraded = deployment.status === "failed" || (ended !== null && !isThere);
  // Nothing goes on, and nothing will: what happened on the server is not undone.
  const isStuck = active === null && (isDegraded || isOther);
  return {
    Ready: ready,
    Progressing:
      active === null
        ? { status: "False", reason: wordOf(rollout?.phase ?? "idle"), message: "" }
        : { status: "True", ...wordsOf(active) },
    Degraded: isDegraded
      ? { status: "True", reason: wordOf(ended?.phase ?? "failed"), message: failed === "" ? serves : failed }
      : { status: "False", reason: "AsExpected", message: "" },
    ...healthOf(ready, refused ?? (isStuck ? ready : null)),
  };
}

type ActiveRollout = NonNullable<Look["rollout"]>;

function wordsOf({ id, toVersion, phase, weight, paused }: ActiveRollout): Pick<Verdict, "reason" | "message"> {
  const message = `rollout ${id} to ${toVersion} is ${phase} at ${weight} %`;
  return paused ? { reason: "Paused", message: `${message}, paused` } : { reason: wordOf(phase), message };
}

const BAD_ENDS: ReadonlySet<Phase> = new Set(["rolled_back", "gates_failed", "failed", "cancelled"] as const);

/** `awaiting_approval` as conditions and events write it: `AwaitingApproval`. */
export const wordOf = (phase: string): string =>
  phase
    .split("_")
    .map((word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`)
    .join("");
