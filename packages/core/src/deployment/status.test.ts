import { expect, test } from "vitest";
import { type DeploymentCondition, deploymentStatus } from "./status.ts";

const serving: DeploymentCondition = {
  deleting: false,
  stopped: false,
  hasStable: true,
  activeRollout: null,
  stableVerdict: "available",
};
const shifting = { phase: "shifting", rollbackOf: null } as const;

test.each<[string, Partial<DeploymentCondition>, string]>([
  ["with a promoted revision and nothing going on", {}, "running"],
  ["that nobody could ask the runtime about", { stableVerdict: null }, "running"],
  ["whose instances are being replaced", { stableVerdict: "progressing" }, "running"],
  ["whose promoted revision is broken", { stableVerdict: "failed" }, "failed"],
  ["whose first rollout goes on", { hasStable: false, activeRollout: shifting }, "deploying"],
  ["whose first rollout came to nothing", { hasStable: false, stableVerdict: null }, "failed"],
  ["that moves to another revision", { activeRollout: shifting }, "updating"],
  ["that moves away from a broken revision", { activeRollout: shifting, stableVerdict: "failed" }, "updating"],
  ["whose rollout returns", { activeRollout: { phase: "rolling_back", rollbackOf: null } }, "rolling_back"],
  [
    "whose first rollout returns",
    { hasStable: false, activeRollout: { phase: "rolling_back", rollbackOf: null } },
    "rolling_back",
  ],
  ["under a reverse rollout", { activeRollout: { phase: "shifting", rollbackOf: "rol_1" } }, "rolling_back"],
  ["that was stopped", { stopped: true, stableVerdict: null }, "stopped"],
  ["that was stopped in the middle", { stopped: true, activeRollout: shifting }, "stopped"],
  ["that is going away", { deleting: true, stopped: true, activeRollout: shifting }, "deleting"],
])("a deployment %s", (_, condition, status) => {
  expect(deploymentStatus({ ...serving, ...condition })).toBe(status);
});
