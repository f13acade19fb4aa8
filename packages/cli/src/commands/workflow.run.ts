import { createWriteStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { ok, type WorkflowArtifact } from "@sluice/client";
import type { Command } from "commander";
import { addCommand, type Cli, option, required } from "../command.ts";
import { CliError, EXIT } from "../exit.ts";
import { renderTable } from "../output/table.ts";
import type { Session } from "../session.ts";
import { ARTIFACT_COLUMNS, renderRun } from "../views/workflow.ts";
import { followLogs } from "../workflow/wait.ts";

interface LogFlags {
  follow?: boolean;
  stage?: string;
}

interface CommandFlags {
  comment?: string;
  stage?: string;
}

/** What is asked of one run, and said to it. */
export function addWorkflowRunCommands(cli: Cli, group: Command): void {
  addCommand(cli, group, {
    syntax: "get <run>",
    description: "Show a run, stage by stage.",
    examples: ["sluice workflow get wfr_0199…"],
    run: async ({ client, print }, _flags, id) => {
      const run = await ok(client.http.GET("/v1/workflow-runs/{id}", { params: { path: { id: required(id) } } }));
      print(run, () => renderRun(run));
      return undefined;
    },
  });
  addCommand<LogFlags>(cli, group, {
    syntax: "logs <run>",
    description: "Print what a run's commands write.",
    examples: ["sluice workflow logs wfr_0199…", "sluice workflow logs wfr_0199… -f --stage build"],
    options: [option("-f, --follow", "stay until the run ends"), option("--stage <name>", "only of this stage")],
    run: async (session, { follow, stage }, run) => {
      const id = required(run);
      const query = { ...(stage && { stage }) };
      if (follow === true) {
        await followLogs(session, `/v1/workflow-runs/${encodeURIComponent(id)}/logs`, query);
        return EXIT.ok;
      }
      const params = { path: { id }, query };
      const headers = { accept: "text/plain" };
      const { http } = session.client;
      session.io.stdout.write(await ok(http.GET("/v1/workflow-runs/{id}/logs", { params, headers, parseAs: "text" })));
      return EXIT.ok;
    },
  });
  addCommand<{ into?: string }>(cli, group, {
    syntax: "artifacts <run>",
    description: "List the files that a run kept, or download them.",
    examples: ["sluice workflow artifacts wfr_0199…", "sluice workflow artifacts wfr_0199… --into dist"],
    options: [option("--into <folder>", "download all of them into this folder")],
    run: async (session, { into }, run) => {
      const id = required(run);
      const { items } = await ok(
        session.client.http.GET("/v1/workflow-runs/{id}/artifacts", { params: { path: { id } } }),
      );
      if (into !== undefined) for (const file of items) await download(session, id, file, resolve(into));
      session.print({ items }, () => renderTable(items, ARTIFACT_COLUMNS));
      return undefined;
    },
  });
  const commands = {
    cancel: "End a run: what runs is stopped, rollouts that it began are cancelled.",
    approve: "Approve a stage that waits for people.",
    reject: "Reject a stage that waits for people.",
    retry: "Run again what did not go well; the rest is carried over.",
  } as const;
  for (const [command, description] of Object.entries(commands)) {
    addCommand<CommandFlags>(cli, group, {
      syntax: `${command} <run>`,
      description,
      examples: [`sluice workflow ${command} wfr_0199…`],
      options: [
        ...(command === "retry" ? [] : [option("--comment <text>", "why; kept in the audit")]),
        ...(command === "approve" || command === "reject"
          ? [option("--stage <name>", "which one, where several wait")]
          : []),
      ],
      run: async (session, flags, id) => give(session, command, flags, required(id)),
    });
  }
}

async function give({ client, print }: Session, command: string, flags: CommandFlags, id: string): Promise<undefined> {
  const params = { path: { id } };
  const { comment, stage } = flags;
  const words = { ...(comment && { comment }) };
  const judgement = { ...words, ...(stage && { stage }) };
  const { http } = client;
  const answers = {
    cancel: () => http.POST("/v1/workflow-runs/{id}/cancel", { params, body: words }),
    approve: () => http.POST("/v1/workflow-runs/{id}/approve", { params, body: judgement }),
    reject: () => http.POST("/v1/workflow-runs/{id}/reject", { params, body: judgement }),
    retry: () => http.POST("/v1/workflow-runs/{id}/retry", { params }),
  };
  const ask = answers[command as keyof typeof answers];
  const run = await ok(ask());
  print(run, () => renderRun(run));
}

/** Into `folder/<stage>/<path>`; the server's paths are its own, and lead nowhere else here. */
async function download({ client }: Session, id: string, file: WorkflowArtifact, folder: string): Promise<void> {
  const target = join(folder, file.task, file.path);
  if (!target.startsWith(`${folder}/`)) throw new CliError(EXIT.unexpected, `${file.path} would leave ${folder}`);
  const params = { path: { id, artifact: file.id } };
  const headers = { accept: "application/octet-stream" };
  const { data, response } = await client.http.GET("/v1/workflow-runs/{id}/artifacts/{artifact}", {
    ...{ params, headers },
    parseAs: "stream",
  });
  if (data === undefined || data === null)
    throw new CliError(EXIT.unexpected, `${response.url} answered without a file`);
  await mkdir(dirname(target), { recursive: true });
  await pipeline(Readable.fromWeb(data as Parameters<typeof Readable.fromWeb>[0]), createWriteStream(target));
}
