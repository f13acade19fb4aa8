import { ok, type Schedule, type ScheduleRun } from "@sluice/client";
import { toBody } from "@sluice/manifest";
import type { Command } from "commander";
import { actionText } from "../automation/action.ts";
import { addCommand, addGroup, type Cli, option, required } from "../command.ts";
import { EXIT } from "../exit.ts";
import { type ListFlags, limitOption, printList } from "../list.ts";
import { readDocument } from "../manifest/read.ts";
import { age } from "../output/quantity.ts";
import { type Column, renderFields } from "../output/table.ts";

const COLUMNS: Column<Schedule>[] = [
  { title: "name", value: ({ name }) => name },
  { title: "schedule", value: ({ schedule, timezone }) => `${schedule} (${timezone})` },
  { title: "next", value: ({ next, paused }) => (paused ? "paused" : (next[0] ?? null)) },
  { title: "action", value: ({ action }) => actionText(action) },
];

const runColumns = (now: number): Column<ScheduleRun>[] => [
  { title: "time", value: ({ tick }) => tick ?? "by hand" },
  { title: "age", value: ({ startedAt }) => age(startedAt, now) },
  { title: "outcome", value: ({ outcome }) => outcome },
  { title: "reason", value: ({ reason }) => reason },
];

const render = (schedule: Schedule): string =>
  renderFields({
    name: schedule.name,
    id: schedule.id,
    schedule: `${schedule.schedule} (${schedule.timezone})`,
    description: schedule.description,
    action: actionText(schedule.action),
    "late by at most": `${schedule.startingDeadlineSeconds} s`,
    "missed runs": schedule.missedRuns,
    concurrency: schedule.concurrency,
    next: schedule.paused ? "paused" : schedule.next.join(", "),
  });

export function addScheduleCommands(cli: Cli, program: Command): void {
  const group = addGroup(program, "schedule", "What the clock starts.");
  addCommand<ListFlags>(cli, group, {
    syntax: "list",
    description: "List schedules with their next times.",
    examples: ["sluice schedule list"],
    options: [limitOption()],
    run: (session, flags) =>
      printList(session, flags, COLUMNS, (query) =>
        ok(session.client.http.GET("/v1/schedules", { params: { query } })),
      ),
  });
  addCommand(cli, group, {
    syntax: "get <schedule>",
    description: "Show one schedule.",
    examples: ["sluice schedule get nightly", "sluice schedule get nightly -o yaml"],
    run: async ({ client, scope, print }, _flags, schedule) => {
      const params = { path: { id: required(schedule) }, query: scope };
      const found = await ok(client.http.GET("/v1/schedules/{id}", { params }));
      print(found, () => render(found));
      return undefined;
    },
  });
  addCommand<{ file: string }>(cli, group, {
    syntax: "create <name>",
    description: "Create a schedule from a file.",
    examples: [
      "sluice schedule create nightly -f schedule.yaml",
      "cat schedule.yaml | sluice schedule create nightly -f -",
    ],
    options: [option("-f, --file <path>", "YAML or JSON; - for standard input").makeOptionMandatory()],
    run: async ({ client, io, scope, print }, { file }, name) => {
      const body = toBody<never>({ ...scope, name: required(name), ...(await readDocument(file, io)) });
      const created = await ok(client.http.POST("/v1/schedules", { body }));
      print(created, () => render(created));
      return undefined;
    },
  });
  for (const [verb, paused] of [
    ["pause", true],
    ["resume", false],
  ] as const) {
    addCommand(cli, group, {
      syntax: `${verb} <schedule>`,
      description: paused ? "Begin no runs, until it is resumed." : "Begin runs again, from now on.",
      examples: [`sluice schedule ${verb} nightly`],
      run: async ({ client, scope, print }, _flags, schedule) => {
        const params = { path: { id: required(schedule) }, query: scope };
        const changed = await ok(client.http.PATCH("/v1/schedules/{id}", { params, body: { paused } }));
        print(changed, () => render(changed));
        return undefined;
      },
    });
  }
  addCommand(cli, group, {
    syntax: "run <schedule>",
    description: "Begin a run now. One that fails is exit code 4.",
    examples: ["sluice schedule run nightly"],
    run: async ({ client, scope, print }, _flags, schedule) => {
      const params = { path: { id: required(schedule) }, query: scope };
      const run = await ok(client.http.POST("/v1/schedules/{id}/run", { params, body: {} }));
      print(run, () => [`${run.outcome}: ${run.reason}`, ...run.rollouts].join("\n"));
      return run.outcome === "failed" ? EXIT.refused : EXIT.ok;
    },
  });
  addCommand<ListFlags>(cli, group, {
    syntax: "runs <schedule>",
    description: "List the runs of a schedule, newest first.",
    examples: ["sluice schedule runs nightly"],
    options: [limitOption()],
    run: (session, flags, schedule) =>
      printList(session, flags, runColumns(session.io.now()), (query) =>
        ok(session.client.http.GET("/v1/schedules/{id}/runs", { params: { path: { id: required(schedule) }, query } })),
      ),
  });
  addCommand(cli, group, {
    syntax: "delete <schedule>",
    description: "Delete a schedule and its history; what it started goes on.",
    examples: ["sluice schedule delete nightly"],
    run: async ({ client, scope, note }, _flags, schedule) => {
      const params = { path: { id: required(schedule) }, query: scope };
      await ok(client.http.DELETE("/v1/schedules/{id}", { params }));
      note(`schedule ${schedule} deleted`);
      return undefined;
    },
  });
}
