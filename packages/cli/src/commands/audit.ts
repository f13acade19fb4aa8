import { type AuditEntry, ok } from "@sluice/client";
import type { Command } from "commander";
import { addCommand, addGroup, type Cli, option } from "../command.ts";
import { EXIT } from "../exit.ts";
import { type ListFlags, limitOption, printList } from "../list.ts";
import type { Column } from "../output/table.ts";

const COLUMNS: Column<AuditEntry>[] = [
  { title: "seq", value: ({ seq }) => seq },
  { title: "time", value: ({ at }) => at },
  { title: "actor", value: ({ actor }) => actor },
  { title: "action", value: ({ action }) => action },
  { title: "subject", value: ({ subject }) => subject },
];

interface AuditFlags extends ListFlags {
  actor?: string;
  action?: string;
  subject?: string;
  from?: string;
  to?: string;
}

export function addAuditCommands(cli: Cli, program: Command): void {
  const group = addGroup(program, "audit", "Who changed what, in a chain that cannot be altered unnoticed.");
  addCommand<AuditFlags>(cli, group, {
    syntax: "list",
    description: "List the entries of the project's audit log, newest first.",
    examples: ["sluice audit list --limit 200", "sluice audit list --actor ci --from 2026-11-01T00:00:00Z -o json"],
    options: [
      option("--actor <name>", "who did it"),
      option("--action <name>", "what was done, such as rollout.promote"),
      option("--subject <id>", "what it was done to"),
      option("--from <time>", "not before, as 2026-11-01T00:00:00Z"),
      option("--to <time>", "only before"),
      limitOption(),
    ],
    run: (session, { actor, action, subject, from, to, ...flags }) => {
      const filter = {
        ...(actor && { actor }),
        ...(action && { action }),
        ...(subject && { subject }),
        ...(from && { from }),
        ...(to && { to }),
      };
      return printList(session, flags, COLUMNS, (query) =>
        ok(session.client.http.GET("/v1/audit", { params: { query: { ...query, ...filter } } })),
      );
    },
  });
  addCommand(cli, group, {
    syntax: "verify",
    description: "Check the chain of hashes from the first entry to the last. A broken chain is exit code 4.",
    examples: ["sluice audit verify"],
    run: async ({ client, scope, print }) => {
      const result = await ok(client.http.GET("/v1/audit/verify", { params: { query: scope } }));
      print(result, () =>
        result.valid
          ? `the chain of ${result.entries} entries holds`
          : `the chain is broken at entry ${result.seq}: ${result.problem}`,
      );
      return result.valid ? EXIT.ok : EXIT.refused;
    },
  });
}
