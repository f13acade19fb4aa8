import { ok } from "@sluice/client";
import { type Command, Option } from "commander";
import { addCommand, type Cli, integerOption, option, required, type WaitFlags, waitOptions } from "../command.ts";
import { type ChangeFlags, changeOptions, updateBody } from "../deployment.body.ts";
import { printRollout, printStarted } from "../follow.ts";
import { type DeploymentFlags, deploymentParams } from "../resolve.ts";
import { parseStrategy } from "../strategy.ts";
import { addDeployCreateCommand } from "./deploy.create.ts";
import { environmentOption, strategyOption } from "./deploy.options.ts";

interface RollbackFlags {
  toRevision?: number;
  scope?: "version" | "config";
  component?: string[];
  reason?: string;
}

/** Commands that begin a rollout. */
export function addDeployChangeCommands(cli: Cli, group: Command): void {
  addDeployCreateCommand(cli, group);
  addCommand<ChangeFlags & DeploymentFlags & WaitFlags>(cli, group, {
    syntax: "update <deployment>",
    description:
      "Roll out another version or configuration. What is not named stays as it is, but for the strategy: " +
      "it applies to this change only, and without --strategy it is the environment's usual one.",
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
  addCommand<RollbackFlags & DeploymentFlags & WaitFlags>(cli, group, {
    syntax: "rollback <deployment>",
    description: "Go back to an earlier revision; a rollout that is under way is taken back.",
    examples: [
      'sluice deploy rollback greeter --reason "checkout is slow" --wait',
      "sluice deploy rollback greeter -e production --to-revision 3 --scope config",
    ],
    options: [
      integerOption("--to-revision <number>", "revision to go back to (default: the one before)", 1, 2_147_483_647),
      new Option("--scope <scope>", "take back only this (default: all)").choices(["version", "config"]),
      option("--component <name...>", "take back only these components"),
      option("--reason <text>", "kept with the rollout and in the audit log"),
      environmentOption(),
      ...waitOptions(),
    ],
    run: async (session, flags, deployment) => {
      const { toRevision, scope, component, reason } = flags;
      const wanted = component === undefined ? scope : { components: component };
      const params = deploymentParams(session, flags, required(deployment));
      const body = {
        ...(toRevision !== undefined && { toRevision }),
        ...(wanted !== undefined && { scope: wanted }),
        ...(reason !== undefined && { reason }),
      };
      const rollout = await ok(session.client.http.POST("/v1/deployments/{id}/rollback", { params, body }));
      return printRollout(session, flags, rollout);
    },
  });
}
