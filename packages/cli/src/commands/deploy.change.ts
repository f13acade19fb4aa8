import { ok } from "@sluice/client";
import type { Command } from "commander";
import { addCommand, type Cli, option, required, type WaitFlags, waitOptions } from "../command.ts";
import {
  type ChangeFlags,
  type CreateFlags,
  changeOptions,
  createBody,
  createOptions,
  updateBody,
} from "../deployment.body.ts";
import { printStarted } from "../follow.ts";
import { type DeploymentFlags, deploymentParams } from "../resolve.ts";
import { parseStrategy } from "../strategy.ts";
import { environmentOption, strategyOption } from "./deploy.options.ts";

/** Commands that begin a rollout. */
export function addDeployChangeCommands(cli: Cli, group: Command): void {
  addCommand<CreateFlags & WaitFlags>(cli, group, {
    syntax: "create <name>",
    description: "Create a deployment and roll its first version out.",
    examples: [
      "sluice deploy create greeter --version 1.0.0 -e production --replicas 2 --route /greeter --wait",
      "sluice deploy create greeter --version 1.0.0 -e staging --config greeter.yaml --health-path /healthz",
    ],
    options: [...createOptions(), ...waitOptions()],
    run: async (session, flags, name) => {
      const body = await createBody(session.io, session.scope, required(name), flags);
      return printStarted(session, flags, await ok(session.client.http.POST("/v1/deployments", { body })));
    },
  });
  addCommand<ChangeFlags & DeploymentFlags & WaitFlags>(cli, group, {
    syntax: "update <deployment>",
    description: "Roll out another version or configuration. What is not named stays as it is.",
    examples: [
      "sluice deploy update greeter --version 1.1.0 --strategy canary:initialPercentage=5,bakeSeconds=60 --wait",
      "sluice deploy update greeter -e staging --env MODE=slow --strategy immediate",
    ],
    options: [
      option("--version <version>", "version to move to"),
      environmentOption(),
      ...changeOptions(),
      ...waitOptions(),
    ],
    run: async (session, flags, deployment) => {
      const params = deploymentParams(session, flags, required(deployment));
      const body = await updateBody(session.io, flags);
      return printStarted(
        session,
        flags,
        await ok(session.client.http.PATCH("/v1/deployments/{id}", { params, body })),
      );
    },
  });
  addCommand<{ to: string; strategy?: string } & DeploymentFlags & WaitFlags>(cli, group, {
    syntax: "promote <deployment>",
    description: "Roll out in another environment what serves in this one.",
    examples: ["sluice deploy promote greeter -e staging --to production --strategy canary --wait"],
    options: [
      option("--to <environment>", "environment to bring it to").makeOptionMandatory(),
      environmentOption(),
      strategyOption(),
      ...waitOptions(),
    ],
    run: async (session, flags, deployment) => {
      const params = deploymentParams(session, flags, required(deployment));
      const body = { environment: flags.to, ...(flags.strategy && { strategy: parseStrategy(flags.strategy) }) };
      const started = await ok(session.client.http.POST("/v1/deployments/{id}/promote", { params, body }));
      return printStarted(session, flags, started);
    },
  });
}
