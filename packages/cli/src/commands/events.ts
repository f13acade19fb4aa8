import { type Event, ok } from "@sluice/client";
import type { Command } from "commander";
import { addCommand, type Cli, option } from "../command.ts";
import { EXIT } from "../exit.ts";
import { type ListFlags, type ListQuery, limitOption, printList } from "../list.ts";
import type { Column } from "../output/table.ts";
import { type DeploymentFlags, resolveRollout } from "../resolve.ts";
import { eventLine } from "../watch/lines.ts";
import { environmentOption } from "./deploy.options.ts";

const COLUMNS: Column<Event>[] = [
  { title: "time", value: ({ at }) => at },
  { title: "type", value: ({ type }) => type },
  { title: "message", value: ({ message }) => message },
];

/** A rollout is in one project anyway. */
const pageOf = ({ project: _project, ...page }: ListQuery) => page;

interface Flags extends ListFlags, DeploymentFlags {
  follow?: boolean;
  rollout?: string;
  after?: string;
}

export function addEventCommands(cli: Cli, program: Command): void {
  addCommand<Flags>(cli, program, {
    syntax: "events",
    description: "List what has happened, or follow what happens.",
    examples: ["sluice events", "sluice events -f", "sluice events -f --rollout greeter -o json"],
    options: [
      option("-f, --follow", "stay and print events as they happen"),
      option("--rollout <rollout>", "only of this rollout, or of a deployment's present one"),
      option("--after <id>", "with --follow: begin after this event"),
      environmentOption(),
      limitOption(),
    ],
    run: async (session, flags) => {
      const { client, io, scope } = session;
      const rollout = flags.rollout === undefined ? undefined : await resolveRollout(session, flags, flags.rollout);
      if (flags.follow !== true) {
        return printList(session, flags, COLUMNS, (query) =>
          ok(
            rollout === undefined
              ? client.http.GET("/v1/events", { params: { query } })
              : client.http.GET("/v1/rollouts/{id}/events", {
                  params: { path: { id: rollout }, query: pageOf(query) },
                }),
          ),
        );
      }
      const signal = io.interrupted();
      for await (const event of client.events({ rollout, ...scope, lastEventId: flags.after, signal })) {
        // One document a line: made for `| jq`, whatever the format is called.
        io.stdout.write(session.output === "table" ? `${eventLine(event)}\n` : `${JSON.stringify(event)}\n`);
      }
      return EXIT.ok;
    },
  });
}
