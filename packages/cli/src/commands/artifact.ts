import { type Artifact, ok } from "@sluice/client";
import { ARTIFACT_KINDS, type ArtifactKind } from "@sluice/core";
import { type Command, Option } from "commander";
import { addCommand, addGroup, type Cli, pairOption, required } from "../command.ts";
import { type ListFlags, limitOption, printList } from "../list.ts";
import { age } from "../output/quantity.ts";
import { type Column, renderFields } from "../output/table.ts";

const columns = (now: number): Column<Artifact>[] => [
  { title: "name", value: ({ name }) => name },
  { title: "kind", value: ({ kind }) => kind },
  { title: "latest", value: ({ latestVersion }) => latestVersion },
  { title: "labels", value: ({ labels }) => labelText(labels) || null },
  { title: "age", value: ({ createdAt }) => age(createdAt, now) },
];

const labelText = (labels: Readonly<Record<string, string>>): string =>
  Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join(", ");

const render = (artifact: Artifact, now: number): string =>
  renderFields({
    name: artifact.name,
    id: artifact.id,
    kind: artifact.kind,
    "latest version": artifact.latestVersion ?? "none yet",
    labels: labelText(artifact.labels),
    created: `${age(artifact.createdAt, now)} ago`,
  });

const kindOption = (description: string): Option => new Option("--kind <kind>", description).choices(ARTIFACT_KINDS);

export function addArtifactCommands(cli: Cli, program: Command): void {
  const group = addGroup(
    program,
    "artifact",
    "Things that have versions: prompts, agents, models, pipelines, applications.",
  );
  addCommand<{ kind: ArtifactKind; label?: Record<string, string> }>(cli, group, {
    syntax: "create <name>",
    description: "Create an artifact.",
    examples: [
      "sluice artifact create greeter --kind application",
      "sluice artifact create tone --kind prompt --label team=chat",
    ],
    options: [
      kindOption("what it is").makeOptionMandatory(),
      pairOption("--label <name=value>", "label; may be repeated"),
    ],
    run: async ({ io, client, scope, print }, { kind, label }, name) => {
      const body = { ...scope, name: required(name), kind, ...(label && { labels: label }) };
      const artifact = await ok(client.http.POST("/v1/artifacts", { body }));
      print(artifact, () => render(artifact, io.now()));
      return undefined;
    },
  });
  addCommand<ListFlags & { kind?: ArtifactKind }>(cli, group, {
    syntax: "list",
    description: "List the artifacts of the project.",
    examples: ["sluice artifact list", "sluice artifact list --kind prompt -o json"],
    options: [kindOption("only of this kind"), limitOption()],
    run: (session, flags) =>
      printList(session, flags, columns(session.io.now()), (query) =>
        ok(
          session.client.http.GET("/v1/artifacts", {
            params: { query: { ...query, ...(flags.kind && { kind: flags.kind }) } },
          }),
        ),
      ),
  });
  addCommand(cli, group, {
    syntax: "get <name>",
    description: "Show one artifact.",
    examples: ["sluice artifact get greeter"],
    run: async ({ io, client, scope, print }, _flags, name) => {
      const params = { path: { name: required(name) }, query: scope };
      const artifact = await ok(client.http.GET("/v1/artifacts/{name}", { params }));
      print(artifact, () => render(artifact, io.now()));
      return undefined;
    },
  });
}
