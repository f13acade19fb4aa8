import { ok } from "@sluice/client";
import { RUN_STATUSES, type RunStatus } from "@sluice/core";
import { toBody } from "@sluice/manifest";
import { type Command, Option } from "commander";
import {
  addCommand,
  addGroup,
  type Cli,
  durationOption,
  option,
  pairOption,
  required,
  type WaitFlags,
} from "../command.ts";
import { CliError, EXIT } from "../exit.ts";
import { type ListFlags, limitOption, printList } from "../list.ts";
import { readDocument } from "../manifest/read.ts";
import type { Session } from "../session.ts";
import { RUN_COLUMNS, renderRun, WORKFLOW_COLUMNS } from "../views/workflow.ts";
import { typedInputs } from "../workflow/inputs.ts";
import { exitOf, untilEnded } from "../workflow/wait.ts";
import { addWorkflowRunCommands } from "./workflow.run.ts";

interface RunFlags extends WaitFlags {
  input?: Record<string, string>;
  environment?: string;
  branch?: string;
  tag?: string;
  commit?: string;
}

interface Filter extends ListFlags {
  workflow?: string;
  status?: RunStatus;
}

export function addWorkflowCommands(cli: Cli, program: Command): void {
  const group = addGroup(program, "workflow", "Declared pipelines: build, test, scan, deploy, verify, monitor.");
  addCommand<{ file: string }>(cli, group, {
    syntax: "apply",
    description: "Create a workflow from a file, or add a version to it; the same content adds none.",
    examples: ["sluice workflow apply -f examples/workflow/release.yaml"],
    options: [
      option("-f, --file <path>", "YAML or JSON with `name` and `stages`; - for standard input").makeOptionMandatory(),
    ],
    run: apply,
  });
  addCommand<ListFlags>(cli, group, {
    syntax: "list",
    description: "List workflows in their newest versions.",
    examples: ["sluice workflow list"],
    options: [limitOption()],
    run: (session, flags) =>
      printList(session, flags, WORKFLOW_COLUMNS, (query) =>
        ok(session.client.http.GET("/v1/workflows", { params: { query } })),
      ),
  });
  addCommand<RunFlags>(cli, group, {
    syntax: "run <workflow>",
    description: "Start a run of a workflow.",
    examples: [
      "sluice workflow run release --input version=1.2.0 -e staging --wait",
      "sluice workflow run release --tag v1.2.0",
    ],
    options: [
      pairOption("--input <name=value>", "an input; may be repeated"),
      option("-e, --environment <name>", "what it is for (default: the workflow's)"),
      option("--branch <name>", "branch that conditions and templates see"),
      option("--tag <name>", "tag that they see"),
      option("--commit <id>", "commit that they see"),
      option("--wait", "stay until the run ends; one that does not succeed is not exit code 0"),
      durationOption("--timeout <duration>", "give up waiting after this long (exit code 10)"),
    ],
    run: start,
  });
  addCommand<Filter>(cli, group, {
    syntax: "runs",
    description: "List runs, newest first.",
    examples: ["sluice workflow runs", "sluice workflow runs --workflow release --status failed"],
    options: [
      option("--workflow <name>", "only of this workflow"),
      new Option("--status <status>", "only those").choices(RUN_STATUSES),
      limitOption(),
    ],
    run: (session, { workflow, status, ...flags }) =>
      printList(session, flags, RUN_COLUMNS, (query) =>
        ok(
          session.client.http.GET("/v1/workflow-runs", {
            params: { query: { ...query, ...(workflow && { workflow }), ...(status && { status }) } },
          }),
        ),
      ),
  });
  addCommand(cli, group, {
    syntax: "delete <workflow>",
    description: "Delete a workflow with all its versions; its runs stay.",
    examples: ["sluice workflow delete release"],
    run: async ({ client, scope, note }, _flags, name) => {
      await ok(
        client.http.DELETE("/v1/workflows/{name}", { params: { path: { name: required(name) }, query: scope } }),
      );
      note(`workflow ${name} deleted`);
      return undefined;
    },
  });
  addWorkflowRunCommands(cli, group);
}

async function apply({ client, scope, io, print }: Session, { file }: { file: string }): Promise<undefined> {
  const { kind, name, project, ...spec } = await readDocument(file, io);
  if (kind !== undefined && kind !== "Workflow")
    throw new CliError(EXIT.usage, `${file} is of kind ${kind}, not Workflow`);
  if (typeof name !== "string") throw new CliError(EXIT.usage, `${file} has no name`);
  const query = project === undefined ? scope : { project };
  const workflow = await ok(
    client.http.PUT("/v1/workflows/{name}", { params: { path: { name }, query }, body: toBody({ spec }) }),
  );
  print(workflow, () => `Workflow ${workflow.name} has version ${workflow.version}`);
}

async function start(session: Session, flags: RunFlags, name: string | undefined) {
  const { client, scope, print } = session;
  const { input = {}, environment, branch, tag, commit, wait, timeout } = flags;
  const params = { path: { name: required(name) }, query: scope };
  const workflow = await ok(client.http.GET("/v1/workflows/{name}", { params }));
  const inputs = typedInputs(workflow, input);
  const body = toBody<never>({ ...scope, workflow: name, inputs, environment, ref: { branch, tag, commit } });
  const begun = await ok(client.http.POST("/v1/workflow-runs", { body }));
  if (wait !== true) {
    print(begun, () => renderRun(begun));
    return undefined;
  }
  session.note(`run ${begun.id} of ${begun.workflow} has begun`);
  const path = { id: begun.id };
  const look = () => ok(client.http.GET("/v1/workflow-runs/{id}", { params: { path } }));
  const ended = await untilEnded(session, timeout, look, ({ stages }) => stages);
  print(ended, () => renderRun(ended));
  return exitOf(ended.status);
}
