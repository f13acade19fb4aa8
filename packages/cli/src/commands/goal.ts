import { ok } from "@sluice/client";
import type { Command } from "commander";
import { addCommand, addGroup, type Cli, integerOption, option, required } from "../command.ts";
import { type Column, renderTable } from "../output/table.ts";
import { type DeploymentFlags, deploymentParams } from "../resolve.ts";
import { environmentOption } from "./deploy.options.ts";

interface SendFlags extends DeploymentFlags {
  revision?: number;
  version?: string;
  count?: number;
  key?: string;
}

interface GoalCount {
  goal: string;
  revision: number;
  version: string;
  count: number;
}

const COLUMNS: Column<GoalCount>[] = [
  { title: "goal", value: ({ goal }) => goal },
  { title: "revision", value: ({ revision }) => revision },
  { title: "version", value: ({ version }) => version },
  { title: "count", value: ({ count }) => count },
];

export function addGoalCommands(cli: Cli, program: Command): void {
  const group = addGroup(program, "goal", "What requests came to: the measure of an A/B test.");
  addCommand<SendFlags>(cli, group, {
    syntax: "send <deployment> <goal>",
    description: "Report that requests answered by a revision came to a goal.",
    examples: [
      "sluice goal send shop signup --revision 2",
      "sluice goal send shop buy --version 1.1.0 --key order-4711",
    ],
    options: [
      environmentOption(),
      integerOption("--revision <number>", "which revision answered", 1, 2_147_483_647),
      option("--version <version>", "or its version, where that tells the revision"),
      integerOption("--count <number>", "how many requests (default 1)", 1, 1_000),
      option("--key <key>", "names the event: the same one is counted once in a week"),
    ],
    run: async (session, flags, deployment, goal) => {
      const { revision, version, count, key } = flags;
      const params = deploymentParams(session, flags, required(deployment));
      const body = {
        goal: required(goal),
        ...(revision !== undefined && { revision }),
        ...(version !== undefined && { version }),
        ...(count !== undefined && { count }),
        ...(key !== undefined && { key }),
      };
      const receipt = await ok(session.client.http.POST("/v1/deployments/{id}/goals", { params, body }));
      session.print(receipt, () => {
        if (receipt.duplicates > 0) return "it was counted before";
        return receipt.ignored > 0 ? "not counted: it is older than the A/B test" : `counted for ${goal}`;
      });
      return undefined;
    },
  });
  addCommand<DeploymentFlags>(cli, group, {
    syntax: "list <deployment>",
    description: "List how often each revision came to each goal, since ever.",
    examples: ["sluice goal list shop"],
    options: [environmentOption()],
    run: async (session, flags, deployment) => {
      const params = deploymentParams(session, flags, required(deployment));
      const { items } = await ok(session.client.http.GET("/v1/deployments/{id}/goals", { params }));
      session.print({ items }, () => renderTable(items, COLUMNS));
      return undefined;
    },
  });
}
