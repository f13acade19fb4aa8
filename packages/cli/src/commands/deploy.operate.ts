import { type Deployment, ok } from "@sluice/client";
import type { Command } from "commander";
import { addCommand, type Cli, integerArgument, required } from "../command.ts";
import { type DeploymentFlags, deploymentParams } from "../resolve.ts";
import type { Session } from "../session.ts";
import { environmentOption } from "./deploy.options.ts";

/** Commands that change how it runs, not what: no rollout follows. */
export function addDeployOperateCommands(cli: Cli, group: Command): void {
  addCommand<DeploymentFlags>(cli, group, {
    syntax: "scale <deployment> <replicas>",
    description: "Change the number of instances.",
    examples: ["sluice deploy scale greeter 4"],
    options: [environmentOption()],
    run: async (session, flags, deployment, replicas) => {
      const params = deploymentParams(session, flags, required(deployment));
      const body = { replicas: integerArgument("replicas", replicas, 1, 1_000) };
      return printState(session, await ok(session.client.http.POST("/v1/deployments/{id}/scale", { params, body })));
    },
  });
  addCommand<DeploymentFlags>(cli, group, {
    syntax: "restart <deployment>",
    description: "Replace every instance by a fresh one, one at a time.",
    examples: ["sluice deploy restart greeter"],
    options: [environmentOption()],
    run: async (session, flags, deployment) => {
      const params = deploymentParams(session, flags, required(deployment));
      return printState(
        session,
        await ok(session.client.http.POST("/v1/deployments/{id}/restart", { params, body: {} })),
      );
    },
  });
  addCommand<DeploymentFlags>(cli, group, {
    syntax: "stop <deployment>",
    description: "Stop all instances; revisions and history stay.",
    examples: ["sluice deploy stop greeter -e staging"],
    options: [environmentOption()],
    run: async (session, flags, deployment) => {
      const params = deploymentParams(session, flags, required(deployment));
      return printState(session, await ok(session.client.http.POST("/v1/deployments/{id}/stop", { params, body: {} })));
    },
  });
  addCommand<DeploymentFlags>(cli, group, {
    syntax: "start <deployment>",
    description: "Start what was stopped.",
    examples: ["sluice deploy start greeter -e staging"],
    options: [environmentOption()],
    run: async (session, flags, deployment) => {
      const params = deploymentParams(session, flags, required(deployment));
      return printState(
        session,
        await ok(session.client.http.POST("/v1/deployments/{id}/start", { params, body: {} })),
      );
    },
  });
  addCommand<DeploymentFlags>(cli, group, {
    syntax: "delete <deployment>",
    description: "Take it out of service and delete it.",
    examples: ["sluice deploy delete greeter -e staging"],
    options: [environmentOption()],
    run: async (session, flags, deployment) => {
      const params = deploymentParams(session, flags, required(deployment));
      return printState(session, await ok(session.client.http.DELETE("/v1/deployments/{id}", { params })));
    },
  });
}

async function printState(session: Session, deployment: Deployment): Promise<undefined> {
  session.print(deployment, () => `${deployment.name} in ${deployment.environment} is ${deployment.status}`);
  return undefined;
}
