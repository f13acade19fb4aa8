import type { Things } from "./two.projects.ts";

/** Which thing a path's placeholder names. */
const PLACES: readonly (readonly [start: string, Readonly<Record<string, keyof Things>>])[] = [
  ["/v1/environments/", { name: "environment" }],
  ["/v1/artifacts/", { name: "artifact", version: "version", from: "version", to: "version" }],
  ["/v1/deployments/", { id: "deployment", number: "number", other: "number" }],
  ["/v1/resolve/", { deployment: "prompt" }],
  ["/ofrep/", { key: "prompt" }],
  ["/v1/rollouts/", { id: "rollout" }],
  ["/v1/gates/", { name: "gate" }],
  ["/v1/evaluations/", { id: "evaluation" }],
  ["/v1/workflows/", { name: "workflow", version: "number" }],
  ["/v1/workflow-runs/", { id: "run", artifact: "artifact" }],
  ["/v1/jobs/", { id: "job" }],
  ["/v1/notifications/", { id: "channel", delivery: "channelDelivery" }],
  ["/v1/integrations/", { name: "integration", delivery: "channelDelivery" }],
  ["/v1/tokens/", { id: "token" }],
  ["/v1/secrets/", { name: "secret" }],
  ["/v1/policies/", { name: "policy" }],
  ["/v1/triggers/", { id: "trigger" }],
  ["/v1/schedules/", { id: "schedule" }],
  ["/v1/templates/", { name: "template" }],
  ["/deployments/", { deployment_id: "agentRollout" }],
  ["/rollbacks/", { rollback_id: "agentRollout" }],
  ["/api/v1/models/", { id: "model" }],
  ["/api/v1/versions/", { id: "modelVersion", version_id: "modelVersion", upload: "modelUpload" }],
  ["/api/v1/deployments/", { id: "modelDeployment" }],
  ["/api/v1/batches/", { id: "batch" }],
  ["/api/v1/pipelines/deployments/", { id: "pipeline" }],
];

/** Nodes and servers are those of the whole installation. */
export const isOfNoProject = (path: string): boolean => /^\/v1\/(nodes|servers)\b/.test(path);

const placesOf = (path: string) => PLACES.find(([start]) => path.startsWith(start))?.[1];

/** The path with what its placeholders stand for. Throws for one that nobody has said it of. */
export function filled(path: string, things: Things): string {
  if (isOfNoProject(path)) return path.replace(/\{\w+\}/, "machine");
  const places = placesOf(path);
  return path.replaceAll(/\{(\w+)\}/g, (_whole, name: string) => {
    if (name === "command") return "cancel";
    const thing = places?.[name];
    if (thing === undefined) throw new Error(`which thing is {${name}} of ${path}? PLACES does not say`);
    return things[thing];
  });
}
