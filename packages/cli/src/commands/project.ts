import { ok, type paths } from "@sluice/client";
import type { Command } from "commander";
import { addCommand, addGroup, type Cli, required } from "../command.ts";
import { type ListFlags, limitOption, printList } from "../list.ts";
import { age } from "../output/quantity.ts";
import type { Column } from "../output/table.ts";

type Project = paths["/v1/projects"]["get"]["responses"]["200"]["content"]["application/json"]["items"][number];

const columns = (now: number): Column<Project>[] => [
  { title: "name", value: ({ name }) => name },
  { title: "created", value: ({ createdAt }) => `${age(createdAt, now)} ago` },
];

export function addProjectCommands(cli: Cli, program: Command): void {
  const group = addGroup(program, "project", "Projects, which keep the things of several teams apart.");
  addCommand<ListFlags>(cli, group, {
    syntax: "list",
    description: "List the projects that you may see.",
    examples: ["sluice project list"],
    options: [limitOption()],
    run: (session, flags) =>
      printList(session, flags, columns(session.io.now()), (query) =>
        ok(session.client.http.GET("/v1/projects", { params: { query } })),
      ),
  });
  addCommand(cli, group, {
    syntax: "create <name>",
    description: "Create a project, with the environments development, staging and production.",
    examples: ["sluice project create search", "sluice deploy list --project search"],
    run: async ({ client, print }, _flags, name) => {
      const project = await ok(client.http.POST("/v1/projects", { body: { name: required(name) } }));
      print(project, () => `project ${project.name} has the environments development, staging and production`);
      return undefined;
    },
  });
}
