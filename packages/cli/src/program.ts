import { Command, CommanderError } from "commander";
import metadata from "../package.json" with { type: "json" };
import { addGlobalFlags, type Cli } from "./command.ts";
import { addAgentCommands } from "./commands/agent.ts";
import { addApplyCommands } from "./commands/apply.ts";
import { addArtifactCommands } from "./commands/artifact.ts";
import { addAuditCommands } from "./commands/audit.ts";
import { addCompletionCommand } from "./commands/completion.ts";
import { addDemoCommands } from "./commands/demo.ts";
import { addDeployCommands } from "./commands/deploy.ts";
import { addDoctorCommand } from "./commands/doctor.ts";
import { addEnvironmentCommands } from "./commands/environment.ts";
import { addEvalCommands } from "./commands/eval.ts";
import { addEventCommands } from "./commands/events.ts";
import { addFeedbackCommands } from "./commands/feedback.ts";
import { addGateCommands } from "./commands/gate.ts";
import { addGoalCommands } from "./commands/goal.ts";
import { addInsightCommand } from "./commands/insight.ts";
import { addIntegrationCommands } from "./commands/integration.ts";
import { addJobCommands } from "./commands/job.ts";
import { addJudgeCommands } from "./commands/judge.ts";
import { addLocalCommands } from "./commands/local.ts";
import { addLogsCommand } from "./commands/logs.ts";
import { addModelCommands } from "./commands/model.ts";
import { addNodeCommands } from "./commands/node.ts";
import { addNotificationCommands } from "./commands/notification.ts";
import { addOperatorCommand } from "./commands/operator.ts";
import { addPipelineCommands } from "./commands/pipeline.ts";
import { addPlanCommand } from "./commands/plan.ts";
import { addPolicyCommands } from "./commands/policy.ts";
import { addProjectCommands } from "./commands/project.ts";
import { addPromptCommands } from "./commands/prompt.ts";
import { addRolloutCommands } from "./commands/rollout.ts";
import { addScheduleCommands } from "./commands/schedule.ts";
import { addSchemaCommand } from "./commands/schema.ts";
import { addSecretCommands } from "./commands/secret.ts";
import { addServerCommands } from "./commands/server.ts";
import { addTokenCommands } from "./commands/token.ts";
import { addTriggerCommands } from "./commands/trigger.ts";
import { addVersionCommands } from "./commands/version.ts";
import { addWorkflowCommands } from "./commands/workflow.ts";
import { EXIT, EXIT_MEANINGS, type ExitCode } from "./exit.ts";
import { describeFailure } from "./failure.ts";
import type { Io } from "./io.ts";

/** The whole command line. Its actions leave their exit code in `cli`. */
export function createProgram(cli: Cli): Command {
  const { io } = cli;
  const program = new Command("sluice")
    .description("Progressive delivery for AI workloads: a gate, a weight, and a watch on what flows.")
    .version(metadata.version)
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      getOutHelpWidth: () => io.stdout.columns,
      getErrHelpWidth: () => io.stderr.columns,
    })
    .addHelpText("after", `\nExit codes:\n${exitCodeTable()}\n`);
  addGlobalFlags(program);
  addLocalCommands(cli, program);
  addDemoCommands(cli, program);
  addServerCommands(cli, program);
  addApplyCommands(cli, program);
  addSchemaCommand(cli, program);
  addPlanCommand(cli, program);
  addArtifactCommands(cli, program);
  addVersionCommands(cli, program);
  addProjectCommands(cli, program);
  addEnvironmentCommands(cli, program);
  addGateCommands(cli, program);
  addEvalCommands(cli, program);
  addDeployCommands(cli, program);
  addModelCommands(cli, program);
  addRolloutCommands(cli, program);
  addInsightCommand(cli, program);
  addAgentCommands(cli, program);
  addPromptCommands(cli, program);
  addFeedbackCommands(cli, program);
  addGoalCommands(cli, program);
  addTriggerCommands(cli, program);
  addScheduleCommands(cli, program);
  addPipelineCommands(cli, program);
  addNodeCommands(cli, program);
  addWorkflowCommands(cli, program);
  addJobCommands(cli, program);
  addLogsCommand(cli, program);
  addEventCommands(cli, program);
  addNotificationCommands(cli, program);
  addIntegrationCommands(cli, program);
  addJudgeCommands(cli, program);
  addAuditCommands(cli, program);
  addPolicyCommands(cli, program);
  addSecretCommands(cli, program);
  addTokenCommands(cli, program);
  addOperatorCommand(cli, program);
  addDoctorCommand(cli, program);
  addCompletionCommand(cli, program);
  return program;
}

/** Runs one command line (without the program's name). Never throws; every failure becomes text and an exit code. */
export async function run(argv: readonly string[], io: Io): Promise<ExitCode> {
  const cli: Cli = { io, exitCode: EXIT.ok };
  try {
    await createProgram(cli).parseAsync(argv, { from: "user" });
    return cli.exitCode;
  } catch (error) {
    // commander has said it already: help and --version end with 0, everything else is a wrong command line.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    const { exitCode, lines, hints } = describeFailure(error);
    io.stderr.write(`error: ${lines.join("\n")}\n`);
    if (hints.length > 0) io.stderr.write(`\nTry next:\n${hints.map((hint) => `  ${hint}`).join("\n")}\n`);
    return exitCode;
  }
}

const exitCodeTable = (): string =>
  Object.entries(EXIT_MEANINGS)
    .map(([name, meaning]) => `  ${String(EXIT[name as keyof typeof EXIT]).padStart(3)}  ${meaning}`)
    .join("\n");
