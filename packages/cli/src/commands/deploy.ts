import type { Command } from "commander";
import { addGroup, type Cli } from "../command.ts";
import { addDeployChangeCommands } from "./deploy.change.ts";
import { addDeployOperateCommands } from "./deploy.operate.ts";
import { addDeployReadCommands } from "./deploy.read.ts";
import { addDeployTryCommand } from "./deploy.try.ts";

export function addDeployCommands(cli: Cli, program: Command): void {
  const group = addGroup(program, "deploy", "Deployments: one artifact in one environment.");
  addDeployReadCommands(cli, group);
  addDeployChangeCommands(cli, group);
  addDeployOperateCommands(cli, group);
  addDeployTryCommand(cli, group);
}
