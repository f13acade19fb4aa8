import { ok } from "@sluice/client";
import type { Json } from "@sluice/core";
import type { Command } from "commander";
import { addCommand, addGroup, type Cli, integerOption, option, pairOption, required } from "../command.ts";
import { renderFields } from "../output/table.ts";
import { readParameters } from "../pipeline/parameters.ts";
import { targetOf } from "../pipeline/target.ts";
import type { Session } from "../session.ts";
import { parseStrategy } from "../strategy.ts";
import { strategyOption } from "./deploy.options.ts";
import { addPipelineReadCommands } from "./pipeline.read.ts";

interface SizeFlags {
  replicas?: number;
  cpuRequest?: string;
  memoryRequest?: string;
  cpuLimit?: string;
  memoryLimit?: string;
}

interface DeployFlags extends SizeFlags {
  name: string;
  deploymentName: string;
  namespace?: string;
  selector: string;
  param?: Record<string, string>;
  environment?: string;
  version?: string;
  strategy?: string;
}

interface UpdateFlags extends SizeFlags {
  param?: Record<string, string>;
  selector?: string;
  version?: string;
  strategy?: string;
}

const parameterOption = () =>
  pairOption("--param <name=value>", "a parameter of the pipeline; repeatable, lists by commas");

const sizeOptions = () => [
  integerOption("--replicas <number>", "collectors on each node", 1, 100),
  option("--cpu-request <quantity>", "processor that a collector is promised, such as 100m"),
  option("--memory-request <quantity>", "memory that it is promised, such as 128Mi"),
  option("--cpu-limit <quantity>", "processor that it may use"),
  option("--memory-limit <quantity>", "memory that it may use"),
];

const rollingOption = () => {
  const { flags, description } = strategyOption();
  return option(flags, `${description} (default: node by node)`);
};

/** Telemetry pipelines: deployed to nodes, changed node by node. */
export function addPipelineCommands(cli: Cli, program: Command): void {
  const group = addGroup(program, "pipeline", "Telemetry pipelines: templates, and their deployments to nodes.");
  addDeploy(cli, group);
  addPipelineReadCommands(cli, group);
  addUpdate(cli, group);
  addEnds(cli, group);
}

function addDeploy(cli: Cli, group: Command): void {
  addCommand<DeployFlags>(cli, group, {
    syntax: "deploy",
    description: "Deploy a pipeline to the nodes that a selector means.",
    examples: [
      'sluice pipeline deploy --name process-topk-v1 --deployment-name prod-optimization --namespace phoenix-prod --selector "environment=production,tier=frontend" --param top_k=20 --param critical_processes=nginx,envoy',
      'sluice pipeline deploy --name process-baseline-v1 --deployment-name baseline --selector "tier in (frontend,edge),!legacy"',
    ],
    options: [
      option("--name <pipeline>", "a template of the catalogue, or a registered pipeline").makeOptionMandatory(),
      option("--deployment-name <name>", "name of the deployment").makeOptionMandatory(),
      option("--namespace <name>", "project (default: --project)"),
      option(
        "--selector <selector>",
        "labels of nodes: key=value, key!=value, key in (a,b), key, !key",
      ).makeOptionMandatory(),
      parameterOption(),
      ...sizeOptions(),
      option(
        "-e, --environment <name>",
        "whose rules hold (default: the one that the selector names, else production)",
      ),
      option("--version <version>", "of a registered pipeline (default: the newest)"),
      rollingOption(),
    ],
    run: async (session, flags) => {
      const { name, deploymentName, namespace, selector, param, environment, version, strategy } = flags;
      const body = {
        pipeline_name: name,
        deployment_name: deploymentName,
        namespace: namespace ?? session.scope.project ?? "default",
        ...targetOf(selector),
        parameters: await typed(session, name, param ?? {}),
        ...sizeOf(flags),
        ...(environment !== undefined && { environment }),
        ...(version !== undefined && { version }),
        ...(strategy !== undefined && { strategy: parseStrategy(strategy) }),
      };
      const answer = await ok(session.client.http.POST("/api/v1/pipelines/deployments", { body }));
      session.print(answer, () =>
        renderFields({
          deployment: answer.deployment_id,
          name: answer.deployment_name,
          namespace: answer.namespace,
          pipeline: answer.pipeline_name,
          status: answer.status,
        }),
      );
      return undefined;
    },
  });
}

function addUpdate(cli: Cli, group: Command): void {
  addCommand<UpdateFlags>(cli, group, {
    syntax: "update-deployment <id>",
    description: "Change parameters, resources or nodes; what is not named stays. Rolled out node by node.",
    examples: ["sluice pipeline update-deployment dep-abc123 --param top_k=25"],
    options: [
      parameterOption(),
      ...sizeOptions(),
      option("--selector <selector>", "other nodes than before"),
      option("--version <version>", "of a registered pipeline"),
      rollingOption(),
    ],
    run: async (session, flags, id) => {
      const { param, selector, version, strategy } = flags;
      const path = { id: required(id) };
      const { pipeline_name: name } = await ok(
        session.client.http.GET("/api/v1/pipelines/deployments/{id}", { params: { path } }),
      );
      const body = {
        ...(param !== undefined && { parameters: await typed(session, name, param) }),
        ...sizeOf(flags),
        ...(selector !== undefined && targetOf(selector)),
        ...(version !== undefined && { version }),
        ...(strategy !== undefined && { strategy: parseStrategy(strategy) }),
      };
      const answer = await ok(
        session.client.http.PATCH("/api/v1/pipelines/deployments/{id}", { params: { path }, body }),
      );
      session.print(answer, () => `${answer.deployment_id}: ${answer.message}`);
      return undefined;
    },
  });
}

function addEnds(cli: Cli, group: Command): void {
  addCommand(cli, group, {
    syntax: "delete-deployment <id>",
    description: "Remove a deployment and its collectors; its history is kept for 30 days.",
    examples: ["sluice pipeline delete-deployment dep-abc123"],
    run: async ({ client, print }, _flags, id) => {
      const params = { path: { id: required(id) } };
      const answer = await ok(client.http.DELETE("/api/v1/pipelines/deployments/{id}", { params }));
      print(answer, () => `${answer.deployment_id}: ${answer.message}`);
      return undefined;
    },
  });
  addCommand<{ toRevision?: number; reason?: string }>(cli, group, {
    syntax: "rollback <id>",
    description: "Go back to the revision before, or out of an update that is under way.",
    examples: ['sluice pipeline rollback dep-abc123 --reason "too many series"'],
    options: [
      integerOption("--to-revision <number>", "revision to go back to (default: the one before)", 1, 2_147_483_647),
      option("--reason <text>", "kept with the rollout and in the audit log"),
    ],
    run: async ({ client, print }, { toRevision, reason }, id) => {
      const params = { path: { id: required(id) } };
      const body = {
        ...(toRevision !== undefined && { revision: toRevision }),
        ...(reason !== undefined && { reason }),
      };
      const answer = await ok(client.http.POST("/api/v1/pipelines/deployments/{id}/rollback", { params, body }));
      print(answer, () => `${answer.deployment_id}: ${answer.message}`);
      return undefined;
    },
  });
}

function sizeOf({ replicas, cpuRequest, memoryRequest, cpuLimit, memoryLimit }: SizeFlags) {
  const requests = quantities(cpuRequest, memoryRequest);
  const limits = quantities(cpuLimit, memoryLimit);
  const resources = { ...(requests !== null && { requests }), ...(limits !== null && { limits }) };
  return {
    ...(replicas !== undefined && { replicas }),
    ...(Object.keys(resources).length > 0 && { resources }),
  };
}

const quantities = (cpu: string | undefined, memory: string | undefined) =>
  cpu === undefined && memory === undefined
    ? null
    : { ...(cpu !== undefined && { cpu }), ...(memory !== undefined && { memory }) };

/** In the types of the template's schema; pipelines of one's own have theirs with the server, which checks them. */
async function typed(session: Session, name: string, written: Record<string, string>): Promise<Record<string, Json>> {
  const { items } = await ok(session.client.http.GET("/v1/templates", {}));
  const properties = items.find((template) => template.name === name)?.parameters.properties;
  return readParameters(written, isObject(properties) ? properties : null);
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
