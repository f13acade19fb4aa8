import type { paths } from "@sluice/client";
import type { Dependency } from "@sluice/core";
import type { Option } from "commander";
import { integerOption, option, pairOption } from "./command.ts";
import { strategyOption } from "./commands/deploy.options.ts";
import { dependencyOption } from "./dependency.option.ts";
import type { Io } from "./io.ts";
import { readDocument } from "./manifest/read.ts";
import type { Session } from "./session.ts";
import { parseStrategy } from "./strategy.ts";

export type CreateBody = paths["/v1/deployments"]["post"]["requestBody"]["content"]["application/json"];
export type UpdateBody = paths["/v1/deployments/{id}"]["patch"]["requestBody"]["content"]["application/json"];

export interface ChangeFlags {
  version?: string;
  config?: string;
  replicas?: number;
  env?: Record<string, string>;
  secret?: Record<string, string>;
  dependency?: Partial<Dependency>[];
  strategy?: string;
}

export interface CreateFlags extends ChangeFlags {
  version: string;
  environment: string;
  artifact?: string;
  healthPath?: string;
  route?: string;
  host?: string;
  stripPrefix?: boolean;
  label?: Record<string, string>;
}

/** Flags that say what a deployment should run; shared by creating, updating and planning. */
export const changeOptions = (): Option[] => [
  option("--config <path>", "YAML or JSON with configuration: replicas, env, resources, healthCheck, …"),
  integerOption("--replicas <number>", "instances", 0, 1_000),
  pairOption("--env <name=value>", "environment variable; may be repeated"),
  pairOption("--secret <name=secret>", "environment variable whose value is the newest of a secret; may be repeated"),
  dependencyOption(),
  strategyOption(),
];

export const createOptions = (): Option[] => [
  option("--version <version>", "version of the artifact").makeOptionMandatory(),
  option("-e, --environment <name>", "environment").makeOptionMandatory(),
  option("--artifact <name>", "artifact (default: the deployment's name)"),
  ...changeOptions(),
  option("--health-path <path>", "path that answers 2xx when an instance is ready"),
  option("--route <path>", "path under which the gateway serves it"),
  option("--host <name>", "host name under which the gateway serves it"),
  option("--no-strip-prefix", "hand the route's path on to the program"),
  pairOption("--label <name=value>", "label; may be repeated"),
];

export async function createBody(
  io: Io,
  scope: Session["scope"],
  name: string,
  flags: CreateFlags,
): Promise<CreateBody> {
  const config = await configOf(io, flags);
  const healthCheck = flags.healthPath === undefined ? {} : { healthCheck: { path: flags.healthPath } };
  return {
    ...scope,
    name,
    artifact: flags.artifact ?? name,
    version: flags.version,
    environment: flags.environment,
    config: { ...config, ...healthCheck },
    ...(flags.route !== undefined && {
      route: {
        path: flags.route,
        ...(flags.host !== undefined && { host: flags.host }),
        stripPrefix: flags.stripPrefix ?? true,
      },
    }),
    ...(flags.strategy !== undefined && { strategy: parseStrategy(flags.strategy) }),
    ...(flags.label !== undefined && { labels: flags.label }),
  };
}

export async function updateBody(io: Io, flags: ChangeFlags): Promise<UpdateBody> {
  const config = await configOf(io, flags);
  return {
    ...(flags.version !== undefined && { version: flags.version }),
    ...(Object.keys(config).length > 0 && { config }),
    ...(flags.strategy !== undefined && { strategy: parseStrategy(flags.strategy) }),
  };
}

/** The configuration of the file, with single flags laid over it. */
async function configOf(io: Io, flags: ChangeFlags): Promise<Record<string, never>> {
  const file = flags.config === undefined ? {} : await readDocument(flags.config, io);
  const over = {
    ...(flags.replicas !== undefined && { replicas: flags.replicas }),
    ...(flags.env !== undefined && { env: flags.env }),
    ...(flags.secret !== undefined && { secrets: flags.secret }),
    ...(flags.dependency !== undefined && { dependencies: flags.dependency }),
  };
  return { ...file, ...over } as Record<string, never>;
}
