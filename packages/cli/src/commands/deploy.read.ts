import { ok } from "@sluice/client";
import { ARTIFACT_KINDS, DEPLOYMENT_STATUSES } from "@sluice/core";
import { type Command, Option } from "commander";
import { addCommand, type Cli, integerArgument, option, required } from "../command.ts";
import { type ListFlags, limitOption, printList } from "../list.ts";
import { renderTable } from "../output/table.ts";
import { type DeploymentFlags, deploymentParams } from "../resolve.ts";
import { renderChanges } from "../views/change.ts";
import { deploymentColumns, renderDeployment } from "../views/deployment.ts";
import { instanceColumns } from "../views/instance.ts";
import { revisionColumns } from "../views/revision.ts";
import { environmentOption } from "./deploy.options.ts";

interface Filter extends ListFlags {
  environment?: string;
  artifact?: string;
  status?: (typeof DEPLOYMENT_STATUSES)[number];
  kind?: (typeof ARTIFACT_KINDS)[number];
  label?: string;
}

const MAX_REVISION = 2_147_483_647;

export function addDeployReadCommands(cli: Cli, group: Command): void {
  addCommand<Filter>(cli, group, {
    syntax: "list",
    description: "List deployments with what serves and how many instances are ready.",
    examples: ["sluice deploy list", "sluice deploy list -e production --status updating"],
    options: [
      option("-e, --environment <name>", "only in this environment"),
      option("--artifact <name>", "only of this artifact"),
      new Option("--status <status>", "only in this status").choices(DEPLOYMENT_STATUSES),
      new Option("--kind <kind>", "only of this kind").choices(ARTIFACT_KINDS),
      option("--label <name=value>", "only with this label"),
      limitOption(),
    ],
    run: (session, { environment, artifact, status, kind, label, ...flags }) => {
      const filter = {
        ...(environment && { environment }),
        ...(artifact && { artifact }),
        ...(status && { status }),
        ...(kind && { kind }),
        ...(label && { label }),
      };
      return printList(session, flags, deploymentColumns(session.io.now()), (query) =>
        ok(session.client.http.GET("/v1/deployments", { params: { query: { ...query, ...filter } } })),
      );
    },
  });
  addCommand<DeploymentFlags>(cli, group, {
    syntax: "get <deployment>",
    description: "Show one deployment: status, traffic, instances, address.",
    examples: ["sluice deploy get greeter", "sluice deploy get greeter -e staging -o json"],
    options: [environmentOption()],
    run: async (session, flags, deployment) => {
      const params = deploymentParams(session, flags, required(deployment));
      const found = await ok(session.client.http.GET("/v1/deployments/{id}", { params }));
      session.print(found, () => renderDeployment(found, session.io.now()));
      return undefined;
    },
  });
  addCommand<DeploymentFlags>(cli, group, {
    syntax: "instances <deployment>",
    description: "List the running instances.",
    examples: ["sluice deploy instances greeter"],
    options: [environmentOption()],
    run: async (session, flags, deployment) => {
      const params = deploymentParams(session, flags, required(deployment));
      const page = await ok(session.client.http.GET("/v1/deployments/{id}/instances", { params }));
      session.print(page, () => renderTable(page.items, instanceColumns));
      return undefined;
    },
  });
  addCommand<DeploymentFlags & ListFlags>(cli, group, {
    syntax: "revisions <deployment>",
    description: "List what it was ever told to run.",
    examples: ["sluice deploy revisions greeter"],
    options: [environmentOption(), limitOption()],
    run: (session, flags, deployment) => {
      const params = deploymentParams(session, flags, required(deployment));
      return printList(session, flags, revisionColumns(session.io.now()), (query) =>
        ok(
          session.client.http.GET("/v1/deployments/{id}/revisions", {
            params: { path: params.path, query: { ...params.query, ...query } },
          }),
        ),
      );
    },
  });
  addCommand<DeploymentFlags>(cli, group, {
    syntax: "diff <deployment> <from> <to>",
    description: "Show what differs between two revisions.",
    examples: ["sluice deploy diff greeter 1 2"],
    options: [environmentOption()],
    run: async (session, flags, deployment, from, to) => {
      const { path, query } = deploymentParams(session, flags, required(deployment));
      const number = integerArgument("from", from, 1, MAX_REVISION);
      const other = integerArgument("to", to, 1, MAX_REVISION);
      const difference = await ok(
        session.client.http.GET("/v1/deployments/{id}/revisions/{number}/diff/{other}", {
          params: { path: { ...path, number, other }, query },
        }),
      );
      session.print(difference, () => renderChanges(difference.changes, session.colors));
      return undefined;
    },
  });
}
