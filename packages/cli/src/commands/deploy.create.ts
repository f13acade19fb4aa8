import { ApiError, ok } from "@sluice/client";
import { ARTIFACT_KINDS, type ArtifactKind } from "@sluice/core";
import { orNull, toBody } from "@sluice/manifest";
import { type Command, Option } from "commander";
import { addCommand, type Cli, option, type WaitFlags, waitOptions } from "../command.ts";
import { type CreateBody, type CreateFlags, createBody, createOptions, updateBody } from "../deployment.body.ts";
import { CliError, EXIT } from "../exit.ts";
import { printStarted, type Started } from "../follow.ts";
import type { Session } from "../session.ts";
import { type ContentFlags, contentOptions, contentSpec } from "../version.content.ts";

interface Flags extends CreateFlags, ContentFlags, WaitFlags {
  name?: string;
  kind?: ArtifactKind;
}

export function addDeployCreateCommand(cli: Cli, group: Command): void {
  addCommand<Flags>(cli, group, {
    syntax: "create [name]",
    description:
      "Create a deployment and roll its first version out. Where it is there already, the version is rolled out to it: " +
      "a pipeline may say the same on every push. With --image, --command or --file the version is registered on the way.",
    examples: [
      "sluice deploy create greeter --version 1.0.0 -e production --replicas 2 --route /greeter --wait",
      "sluice deploy create --name my-model --version 4b825dc --environment production --replicas 3",
      "sluice deploy create --name greeter --version 1.1.0 -e staging --image registry.example/greeter:1.1.0",
      "sluice deploy create greeter --version 1.0.0 -e staging --config greeter.yaml --health-path /healthz",
    ],
    options: [
      option("--name <name>", "name of the deployment, instead of the argument"),
      ...createOptions(),
      ...contentOptions(),
      new Option(
        "--kind <kind>",
        "kind of the artifact, where it is registered on the way (default: application)",
      ).choices(ARTIFACT_KINDS),
      ...waitOptions(),
    ],
    run: async (session, flags, argument) => {
      const name = nameOf(argument, flags.name);
      const body = await createBody(session.io, session.scope, name, flags);
      await register(session, body.artifact, flags);
      return printStarted(session, flags, await createOrUpdate(session, body, flags).catch(hintAtRegistering));
    },
  });
}

function nameOf(argument: string | undefined, flag: string | undefined): string {
  const name = flag ?? argument;
  if (name === undefined) throw new CliError(EXIT.usage, "name is missing; give it as the argument or with --name");
  if (argument !== undefined && argument !== name) {
    throw new CliError(EXIT.usage, `the argument names ${argument} and --name ${name}; give one of them`);
  }
  return name;
}

/** The version, and its artifact where that is new; nothing when no content was given. */
async function register({ client, io, scope }: Session, artifact: string, flags: Flags): Promise<void> {
  const spec = await contentSpec(io, flags, []);
  if (spec === null) return;
  const { http } = client;
  const params = { path: { name: artifact }, query: scope };
  if ((await orNull(ok(http.GET("/v1/artifacts/{name}", { params })))) === null) {
    const body = { ...scope, name: artifact, kind: flags.kind ?? ("application" as const), labels: {} };
    await ok(http.POST("/v1/artifacts", { body }));
  }
  await ok(http.POST("/v1/artifacts/{name}/versions", { params, body: { version: flags.version, spec } }));
}

async function createOrUpdate(session: Session, body: CreateBody, flags: Flags): Promise<Started> {
  const { http } = session.client;
  try {
    return await ok(http.POST("/v1/deployments", { body }));
  } catch (error) {
    if (!isThereAlready(error)) throw error;
  }
  const params = { path: { id: body.name }, query: { ...session.scope, environment: body.environment } };
  const present = await ok(http.GET("/v1/deployments/{id}", { params }));
  if (present.artifact !== body.artifact) {
    throw new CliError(
      EXIT.refused,
      `deployment ${body.name} in ${body.environment} runs artifact ${present.artifact}, not ${body.artifact}; choose another name`,
    );
  }
  session.note(`${body.name} in ${body.environment} is there already; ${flags.version} is rolled out to it.`);
  const change = await updateBody(session.io, flags);
  const healthCheck = flags.healthPath === undefined ? {} : { healthCheck: { path: flags.healthPath } };
  const config = { ...change.config, ...healthCheck };
  const patch = toBody<typeof change>({ ...change, config: Object.keys(config).length > 0 ? config : undefined });
  const started: Started = await ok(http.PATCH("/v1/deployments/{id}", { params, body: patch }));
  return started;
}

const REGISTER = [
  "--image, --command or --file with this command    registers the version on the way",
  "sluice version create <artifact> <version>        registers it by itself",
];

/** Neither the version nor what it would be a version of has to be there before: both may come with the command. */
function hintAtRegistering(error: unknown): never {
  const fields = error instanceof ApiError && error.status === 404 ? (error.problem.errors ?? []) : [];
  if (!fields.some(({ field }) => field === "artifact" || field === "version")) throw error;
  throw new CliError(EXIT.notFound, error instanceof Error ? error.message : String(error), REGISTER);
}

/** The name is taken; a route that is taken is another matter. */
const isThereAlready = (error: unknown): boolean =>
  error instanceof ApiError &&
  error.status === 409 &&
  (error.problem.errors ?? []).some(({ field }) => field === "name");
