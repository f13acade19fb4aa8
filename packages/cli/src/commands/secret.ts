import { ok, type paths } from "@sluice/client";
import type { Command } from "commander";
import { addCommand, addGroup, type Cli, option, required } from "../command.ts";
import { CliError, EXIT } from "../exit.ts";
import { type ListFlags, limitOption, printList } from "../list.ts";
import { readSource } from "../manifest/read.ts";
import { age } from "../output/quantity.ts";
import type { Column } from "../output/table.ts";

type Secret = paths["/v1/secrets"]["get"]["responses"]["200"]["content"]["application/json"]["items"][number];

const columns = (now: number): Column<Secret>[] => [
  { title: "name", value: ({ name }) => name },
  { title: "version", value: ({ version }) => version },
  { title: "written", value: ({ updatedAt }) => `${age(updatedAt, now)} ago` },
  { title: "by", value: ({ updatedBy }) => updatedBy },
];

export function addSecretCommands(cli: Cli, program: Command): void {
  const group = addGroup(program, "secret", "Values that programs get and nobody else.");
  addCommand<{ file: string }>(cli, group, {
    syntax: "set <name>",
    description:
      "Write a secret, or rotate it. Its value is read from the standard input or a file, never from the command line, " +
      "where others could see it. What runs keeps the value it has until an update names the secret again.",
    examples: [
      'printf %s "$PASSWORD" | sluice secret set database-password',
      "sluice secret set tls-key --file key.pem",
      "sluice deploy update greeter -e production --secret PASSWORD=database-password --wait",
    ],
    options: [option("-f, --file <path>", "file with the value; - for standard input").default("-")],
    run: async ({ client, io, scope, print, note }, { file }, name) => {
      const value = (await readSource(file, io)).replace(/\r?\n$/, "");
      if (value === "") throw new CliError(EXIT.usage, "the value is empty; give one by standard input or --file");
      const params = { path: { name: required(name) }, query: scope };
      const written = await ok(client.http.PUT("/v1/secrets/{name}", { params, body: { value } }));
      print(written, () => `secret ${written.name} has version ${written.version} now`);
      if (written.users.length > 0) {
        note(`An earlier version is used by ${written.users.join(", ")}; deploy update --secret brings the new one.`);
      }
      return undefined;
    },
  });
  addCommand<ListFlags>(cli, group, {
    syntax: "list",
    description: "List secrets, without their values.",
    examples: ["sluice secret list"],
    options: [limitOption()],
    run: (session, flags) =>
      printList(session, flags, columns(session.io.now()), (query) =>
        ok(session.client.http.GET("/v1/secrets", { params: { query: { ...query, ...session.scope } } })),
      ),
  });
  addCommand(cli, group, {
    syntax: "delete <name>",
    description: "Delete a secret that no deployment names.",
    examples: ["sluice secret delete database-password"],
    run: async ({ client, scope, print }, _flags, name) => {
      const params = { path: { name: required(name) }, query: scope };
      await ok(client.http.DELETE("/v1/secrets/{name}", { params }));
      print({ deleted: name }, () => `secret ${name} is deleted`);
      return undefined;
    },
  });
}
