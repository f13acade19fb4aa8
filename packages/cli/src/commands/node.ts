import { ok } from "@sluice/client";
import type { Command } from "commander";
import { addCommand, addGroup, type Cli, pairOption, required } from "../command.ts";
import { renderTable } from "../output/table.ts";

const labelOption = () => pairOption("--label <key=value>", "a label; repeatable");

const words = (labels: Record<string, string>): string =>
  Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(",");

/** Machines that collectors of pipelines run on. */
export function addNodeCommands(cli: Cli, program: Command): void {
  const group = addGroup(program, "node", "Nodes that collectors of pipelines run on, and their labels.");
  addCommand(cli, group, {
    syntax: "list",
    description: "List the nodes. All of them are on the machine of the server, which is the node `local`.",
    examples: ["sluice node list"],
    run: async ({ client, print }) => {
      const answer = await ok(client.http.GET("/v1/nodes", {}));
      print(answer, () =>
        renderTable(answer.items, [
          { title: "name", value: ({ name }) => name },
          { title: "labels", value: ({ labels }) => words(labels) },
        ]),
      );
      return undefined;
    },
  });
  addCommand<{ label?: Record<string, string> }>(cli, group, {
    syntax: "create <name>",
    description: "Register a node. Deployments whose selector meets its labels get collectors on it.",
    examples: ["sluice node create web-1 --label environment=production --label tier=frontend"],
    options: [labelOption()],
    run: async ({ client, print }, { label }, name) => {
      const body = { name: required(name), labels: label ?? {} };
      const node = await ok(client.http.POST("/v1/nodes", { body }));
      print(node, () => `node ${node.name}: ${words(node.labels)}`);
      return undefined;
    },
  });
  addCommand<{ label?: Record<string, string> }>(cli, group, {
    syntax: "label <name>",
    description: "Replace the labels of a node.",
    examples: ["sluice node label web-1 --label environment=production --label tier=backend"],
    options: [labelOption()],
    run: async ({ client, print }, { label }, name) => {
      const params = { path: { name: required(name) } };
      const node = await ok(client.http.PUT("/v1/nodes/{name}", { params, body: { labels: label ?? {} } }));
      print(node, () => `node ${node.name}: ${words(node.labels)}`);
      return undefined;
    },
  });
  addCommand(cli, group, {
    syntax: "delete <name>",
    description: "Remove a node; its collectors end.",
    examples: ["sluice node delete web-1"],
    run: async ({ client, note }, _flags, name) => {
      await ok(client.http.DELETE("/v1/nodes/{name}", { params: { path: { name: required(name) } } }));
      note(`node ${name} removed`);
      return undefined;
    },
  });
}
