import { ok } from "@sluice/client";
import { PIPELINE_STATUSES } from "@sluice/core";
import { type Command, Option } from "commander";
import { stringify } from "yaml";
import { addCommand, type Cli, integerOption, option, pairOption, required } from "../command.ts";
import { type Column, renderFields, renderTable } from "../output/table.ts";
import { readParameters } from "../pipeline/parameters.ts";
import type { Session } from "../session.ts";

interface ListFlags {
  namespace?: string;
  status?: (typeof PIPELINE_STATUSES)[number];
  page?: number;
  perPage?: number;
}

type Client = Session["client"]["http"];
type Summary = Awaited<ReturnType<typeof listDeployments>>["deployments"][number];
type Detail = Awaited<ReturnType<typeof getDeployment>>;
type HistoryEntry = Awaited<ReturnType<typeof getHistory>>["history"][number];

const COLUMNS: Column<Summary>[] = [
  { title: "deployment", value: ({ deployment_id }) => deployment_id },
  { title: "name", value: ({ deployment_name }) => deployment_name },
  { title: "namespace", value: ({ namespace }) => namespace },
  { title: "pipeline", value: ({ pipeline_name }) => pipeline_name },
  { title: "status", value: ({ status }) => status },
  { title: "nodes", value: ({ target_nodes, selector }) => selectorOf(target_nodes, selector) },
];

const HISTORY: Column<HistoryEntry>[] = [
  { title: "revision", value: ({ revision }) => revision },
  { title: "phase", value: ({ phase }) => phase },
  { title: "by", value: ({ triggered_by }) => triggered_by },
  { title: "at", value: ({ created_at }) => created_at },
  { title: "parameters", value: ({ parameters }) => JSON.stringify(parameters) },
  { title: "reason", value: ({ reason }) => reason },
];

function selectorOf(labels: Record<string, string>, selector: string | null): string {
  const conditions = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  if (selector !== null) conditions.push(selector);
  return conditions.length === 0 ? "all" : conditions.join(",");
}

const listDeployments = (http: Client, query: object) =>
  ok(http.GET("/api/v1/pipelines/deployments", { params: { query } }));
const getDeployment = (http: Client, id: string) =>
  ok(http.GET("/api/v1/pipelines/deployments/{id}", { params: { path: { id } } }));
const getHistory = (http: Client, id: string) =>
  ok(http.GET("/api/v1/pipelines/deployments/{id}/history", { params: { path: { id } } }));

export function addPipelineReadCommands(cli: Cli, group: Command): void {
  addCommand<ListFlags>(cli, group, {
    syntax: "list-deployments",
    description: "List deployments of pipelines, newest first.",
    examples: ["sluice pipeline list-deployments --namespace phoenix-prod"],
    options: [
      option("--namespace <name>", "of this project only (default: --project, else all)"),
      new Option("--status <status>", "of this status only").choices(PIPELINE_STATUSES),
      integerOption("--page <number>", "which page (default 1)", 1, 1_000_000),
      integerOption("--per-page <number>", "deployments a page (default 20)", 1, 100),
    ],
    run: async ({ client, scope, print, note }, { namespace, status, page, perPage }) => {
      const project = namespace ?? scope.project;
      const answer = await listDeployments(client.http, {
        ...(project !== undefined && { namespace: project }),
        ...(status !== undefined && { status }),
        ...(page !== undefined && { page }),
        ...(perPage !== undefined && { per_page: perPage }),
      });
      print(answer, () => renderTable(answer.deployments, COLUMNS));
      if (answer.total > answer.deployments.length) note(`These are ${answer.deployments.length} of ${answer.total}.`);
      return undefined;
    },
  });
  addCommand(cli, group, {
    syntax: "get-deployment <id>",
    description: "Show a deployment: status, collectors node by node, what they measure.",
    examples: ["sluice pipeline get-deployment dep-abc123"],
    run: async ({ client, print }, _flags, id) => {
      const answer = await getDeployment(client.http, required(id));
      print(answer, () => render(answer));
      return undefined;
    },
  });
  addCommand(cli, group, {
    syntax: "history <id>",
    description: "List what was done to a deployment, newest first.",
    examples: ["sluice pipeline history dep-abc123"],
    run: async ({ client, print }, _flags, id) => {
      const answer = await getHistory(client.http, required(id));
      print(answer, () => renderTable(answer.history, HISTORY));
      return undefined;
    },
  });
  addTemplateCommands(cli, group);
}

function addTemplateCommands(cli: Cli, group: Command): void {
  addCommand(cli, group, {
    syntax: "templates",
    description: "List the templates of the catalogue; with -o yaml also the schemas of their parameters.",
    examples: ["sluice pipeline templates", "sluice pipeline templates -o yaml"],
    run: async ({ client, print }) => {
      const answer = await ok(client.http.GET("/v1/templates", {}));
      print(answer, () =>
        renderTable(answer.items, [
          { title: "name", value: ({ name }) => name },
          { title: "version", value: ({ version }) => version },
          { title: "parameters", value: ({ parameters }) => Object.keys(Object(parameters.properties)).join(", ") },
        ]),
      );
      return undefined;
    },
  });
  addCommand<{ param?: Record<string, string>; version?: string }>(cli, group, {
    syntax: "render <pipeline>",
    description: "Print the collector's configuration that a template or a registered pipeline becomes.",
    examples: ["sluice pipeline render process-topk-v1 --param top_k=5 --param critical_processes=nginx"],
    options: [
      pairOption("--param <name=value>", "a parameter of the pipeline; repeatable, lists by commas"),
      option("--version <version>", "of a registered pipeline (default: the newest)"),
    ],
    run: async ({ client, scope, print }, { param, version }, name) => {
      const templates = await ok(client.http.GET("/v1/templates", {}));
      const schema = templates.items.find((template) => template.name === name)?.parameters.properties;
      const known = typeof schema === "object" && schema !== null ? Object.fromEntries(Object.entries(schema)) : null;
      const query = {
        parameters: JSON.stringify(readParameters(param ?? {}, known)),
        ...scope,
        ...(version !== undefined && { version }),
      };
      const answer = await ok(
        client.http.GET("/v1/templates/{name}/render", { params: { path: { name: required(name) }, query } }),
      );
      print(answer, () => stringify(answer.config));
      return undefined;
    },
  });
}

const render = (detail: Detail): string =>
  renderFields({
    deployment: detail.deployment_id,
    name: detail.deployment_name,
    namespace: detail.namespace,
    environment: detail.environment,
    pipeline: `${detail.pipeline_name} ${detail.version}`,
    status: `${detail.status} (${detail.phase})`,
    message: detail.message,
    nodes: selectorOf(detail.target_nodes, detail.selector),
    collectors: `${detail.instances.ready} of ${detail.instances.desired} ready, ${detail.instances.updated} updated`,
    ...Object.fromEntries(
      detail.nodes.map(({ node, target, ready, updated }) => [
        `  on ${node}${target === undefined ? "" : ` at ${target}`}`,
        `${ready} ready, ${updated} updated`,
      ]),
    ),
    parameters: JSON.stringify(detail.parameters),
    cardinality: detail.metrics.cardinality,
    throughput: detail.metrics.throughput,
    "error rate": detail.metrics.error_rate,
    "OTLP endpoint": detail.endpoint,
    created: detail.created_at,
    updated: detail.updated_at,
    deleted: detail.deleted_at,
  });
