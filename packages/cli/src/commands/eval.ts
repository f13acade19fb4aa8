import type { Command } from "commander";
import { addGroup, type Cli } from "../command.ts";
import { addEvaluationCommands } from "./eval.read.ts";

export function addEvalCommands(cli: Cli, program: Command): void {
  const group = addGroup(program, "eval", "How good versions are on datasets.");
  addEvaluationCommands(cli, group);
}
