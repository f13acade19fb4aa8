import { ok } from "@sluice/client";
import { toBody } from "@sluice/manifest";
import type { Command } from "commander";
import {
  addCommand,
  addGroup,
  type Cli,
  durationOption,
  integerOption,
  option,
  pairOption,
  required,
  type WaitFlags,
} from "../command.ts";
import { EXIT } from "../exit.ts";
import { type ListFlags, limitOption, printList } from "../list.ts";
import type { Session } from "../session.ts";
import { JOB_COLUMNS, renderJob } from "../views/workflow.ts";
import { exitOf, followLogs, untilEnded } from "../workflow/wait.ts";

interface RunFlags extends WaitFlags {
  artifact?: string;
  version?: string;
  deployment?: string;
  environment?: string;
  completions?: number;
  parallelism?: number;
  backoffLimit?: number;
  env?: Record<string, string>;
}

export function addJobCommands(cli: Cli, program: Command): void {
  const group = addGroup(program, "job", "Commands that run to their end, once or several times.");
  addCommand<RunFlags>(cli, group, {
    syntax: "run",
    description: "Run a job: a version whose process is `job`, or what a deployment serves.",
    examples: [
      "sluice job run --artifact nightly-report --version 1.0.0 --completions 4 --parallelism 2",
      "sluice job run --deployment nightly-report -e production --wait",
    ],
    options: [
      option("--artifact <name>", "whose version"),
      option("--version <version>", "which version"),
      option("--deployment <deployment>", "instead: what this one serves, with its configuration"),
      option("-e, --environment <name>", "where"),
      integerOption("--completions <number>", "so many runs must come to a good end (default 1)", 1, 100),
      integerOption("--parallelism <number>", "runs at the same time (default 1)", 1, 100),
      integerOption("--backoff-limit <number>", "failures that are tried again, in all (default 6)", 0, 100),
      pairOption("--env <name=value>", "a variable; may be repeated"),
      option("--wait", "stay until the job ends; one that does not succeed is not exit code 0"),
      durationOption("--timeout <duration>", "give up waiting after this long (exit code 10)"),
    ],
    run: start,
  });
  addCommand<ListFlags & { artifact?: string }>(cli, group, {
    syntax: "list",
    description: "List jobs, newest first.",
    examples: ["sluice job list", "sluice job list --artifact nightly-report"],
    options: [option("--artifact <name>", "only of this artifact"), limitOption()],
    run: (session, { artifact, ...flags }) =>
      printList(session, flags, JOB_COLUMNS, (query) =>
        ok(session.client.http.GET("/v1/jobs", { params: { query: { ...query, ...(artifact && { artifact }) } } })),
      ),
  });
  addCommand(cli, group, {
    syntax: "get <job>",
    description: "Show a job with every run of its command.",
    examples: ["sluice job get job_0199…"],
    run: async ({ client, print }, _flags, id) => {
      const job = await ok(client.http.GET("/v1/jobs/{id}", { params: { path: { id: required(id) } } }));
      print(job, () => renderJob(job));
      return undefined;
    },
  });
  addCommand<{ follow?: boolean }>(cli, group, {
    syntax: "logs <job>",
    description: "Print what a job's commands write.",
    examples: ["sluice job logs job_0199…", "sluice job logs job_0199… -f"],
    options: [option("-f, --follow", "stay until the job ends")],
    run: async (session, { follow }, job) => {
      const id = required(job);
      if (follow === true) {
        await followLogs(session, `/v1/jobs/${encodeURIComponent(id)}/logs`, {});
        return EXIT.ok;
      }
      const headers = { accept: "text/plain" };
      const { http } = session.client;
      const params = { path: { id } };
      session.io.stdout.write(await ok(http.GET("/v1/jobs/{id}/logs", { params, headers, parseAs: "text" })));
      return EXIT.ok;
    },
  });
  addCommand<{ comment?: string }>(cli, group, {
    syntax: "cancel <job>",
    description: "Stop a job.",
    examples: ["sluice job cancel job_0199…"],
    options: [option("--comment <text>", "why; kept in the audit")],
    run: async ({ client, print }, { comment }, id) => {
      const params = { path: { id: required(id) } };
      const body = { ...(comment && { comment }) };
      const job = await ok(client.http.POST("/v1/jobs/{id}/cancel", { params, body }));
      print(job, () => renderJob(job));
      return undefined;
    },
  });
}

async function start(session: Session, flags: RunFlags) {
  const { client, scope, print } = session;
  const { wait, timeout, artifact, version, deployment, environment, completions, parallelism, backoffLimit, env } =
    flags;
  const fields = { artifact, version, deployment, environment, completions, parallelism, backoffLimit, env };
  const begun = await ok(client.http.POST("/v1/jobs", { body: toBody<never>({ ...scope, ...fields }) }));
  if (wait !== true) {
    print(begun, () => renderJob(begun));
    return undefined;
  }
  const params = { path: { id: begun.id } };
  session.note(`job ${begun.id} has begun`);
  const look = () => ok(client.http.GET("/v1/jobs/{id}", { params }));
  const ended = await untilEnded(session, timeout, look, ({ runs }) =>
    runs.map(({ task, attempt, ...run }) => ({ ...run, task: `${task} (${attempt})` })),
  );
  print(ended, () => renderJob(ended));
  return exitOf(ended.status);
}
