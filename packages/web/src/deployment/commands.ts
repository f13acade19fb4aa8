import type { Deployment } from "@sluice/client";

/** What can be done to a deployment without delivering anything. */
export type Act = "scale" | "restart" | "stop" | "start" | "delete";

export const ACTS: readonly Act[] = ["scale", "restart", "stop", "start", "delete"];

export const ACT_LABELS: Readonly<Record<Act, string>> = {
  scale: "Scale",
  restart: "Restart",
  stop: "Stop",
  start: "Start",
  delete: "Delete",
};

type Standing = Pick<Deployment, "status" | "activeRollout" | "kind" | "name" | "environment" | "replicas" | "route">;

/** A prompt is read from the server: no program runs for it. */
export const hasInstances = ({ kind }: Pick<Deployment, "kind">): boolean => kind !== "prompt";

/** Whether it can be meant at all: what is stopped is started, everything else is stopped. */
export function isMeant(deployment: Standing, act: Act): boolean {
  if (act === "delete") return true;
  if (act === "start") return deployment.status === "stopped";
  if (act === "stop") return deployment.status !== "stopped";
  return hasInstances(deployment);
}

/** Why it cannot be done now; null: it can. */
export function notNow({ status, activeRollout }: Standing, act: Act): string | null {
  if (status === "deleting") return act === "delete" ? "It is being deleted already" : "It is being deleted";
  if (act === "stop" && activeRollout !== null) return "A rollout is under way: cancel it, or wait for its end";
  if (status === "stopped" && act === "restart") return "It is stopped: start it";
  return null;
}

/** What it will come to, before it is done. */
export function consequenceOf(deployment: Standing, act: Act): string {
  const { name, environment, replicas, route, activeRollout } = deployment;
  const callers = route === null ? "It has no route, so no caller notices." : "Its callers are answered 503 meanwhile.";
  switch (act) {
    case "scale":
      return `${name} in ${environment} is to have another number of instances than ${replicas}. What runs does not change, and no rollout follows.`;
    case "restart":
      return "Every instance is replaced by a fresh one, one at a time: the next when the one before is ready.";
    case "stop":
      return `Every instance ends. ${callers} Route, revision and history stay, and it can be started again.`;
    case "start":
      return `${replicas === 1 ? "One instance starts" : `${replicas} instances start`} with what it ran before.`;
    case "delete":
      return [
        `${name} leaves ${environment}: its route first, then its instances, then itself, with all its revisions.`,
        ...(activeRollout === null ? [] : ["The rollout that is under way ends."]),
        "It cannot be brought back; the audit log keeps what it was.",
      ].join(" ");
  }
}
