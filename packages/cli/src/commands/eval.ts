import type { Command } from "commander";
import { addGroup, type Cli } from "../command.ts";
import { addEvalImport } from "./eval.import.ts";
import { addEvaluationCommands } from "./eval.read.ts";
import { addEvalRun } from "./eval.run.ts";

export function addEvalCommands(cli: Cli, program: Command): void {
  const group = addGroup(program, "eval", "How good versions are on datasets.");
  addEvalRun(cli, group);
  addEvalImport(cli, group);
  addEvaluationCommands(cli, group);
}
