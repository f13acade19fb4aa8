import { ok } from "@sluice/client";
import { checkPrompt, invalidArgument, parseField, renderPrompt, VERSION_SPECS } from "@sluice/core";
import type { Command } from "commander";
import { addCommand, addGroup, type Cli, option, pairOption, required } from "../command.ts";
import { CliError, EXIT } from "../exit.ts";
import { readDocument } from "../manifest/read.ts";
import { renderFields } from "../output/table.ts";
import { type ValueFlags, valuesOf } from "../prompt/values.ts";
import { renderContent } from "../prompt/view.ts";
import { type DeploymentFlags, deploymentParams } from "../resolve.ts";
import type { Session } from "../session.ts";
import { environmentOption } from "./deploy.options.ts";

interface ResolveFlags extends DeploymentFlags, ValueFlags {
  key?: string;
  context?: Record<string, string>;
}

interface RenderFlags extends ValueFlags {
  version?: string;
  file?: string;
}

const variableOptions = () => [
  pairOption("--variable <name=value>", "value of a variable; may be repeated"),
  option("--values <file>", "values of variables, in YAML or JSON; - for standard input"),
];

export function addPromptCommands(cli: Cli, program: Command): void {
  addCommand<ResolveFlags>(cli, program, {
    syntax: "resolve <deployment>",
    description: "Read the version of a prompt that somebody gets now, and why.",
    examples: [
      "sluice resolve greeting --key user-7",
      "sluice resolve greeting -e production --key user-7 --context region=eu --variable customer=Ada",
      "sluice resolve greeting -o json",
    ],
    options: [
      environmentOption(),
      option("--key <key>", "who asks: the same key gets the same version (default: by lot)"),
      pairOption("--context <name=value>", "attribute that rules of a rollout look at; may be repeated"),
      ...variableOptions(),
    ],
    run: resolvePrompt,
  });
  const group = addGroup(program, "prompt", "Texts that are versions: read with `resolve`, tried out here.");
  addCommand<RenderFlags>(cli, group, {
    syntax: "render [artifact]",
    description: "Fill in the variables of a version, or of a spec in a file, without any deployment.",
    examples: [
      "sluice prompt render greeting --version 1.1.0 --variable customer=Ada",
      "sluice prompt render -f prompt.yaml --values values.yaml",
    ],
    options: [
      option("--version <version>", "which version of the artifact"),
      option("-f, --file <path>", "the spec of a prompt, in YAML or JSON; - for standard input"),
      ...variableOptions(),
    ],
    run: async (session, flags, artifact) => {
      const prompt = await promptOf(session, flags, artifact);
      const values = await valuesOf(flags, prompt.variables ?? [], session.io);
      const { text, messages } = renderPrompt(prompt, values ?? {});
      session.print({ ...(text === undefined ? { messages } : { text }) }, () => renderContent({ text, messages }));
      return undefined;
    },
  });
}

async function resolvePrompt(
  session: Session,
  flags: ResolveFlags,
  deployment: string | undefined,
): Promise<undefined> {
  const { key, context } = flags;
  const { path, query } = deploymentParams(session, flags, required(deployment));
  const params = { path: { deployment: path.id } };
  const asked = { ...query, ...(key !== undefined && { key }), ...(context !== undefined && { context }) };
  const read = (body: object) => ok(session.client.http.POST("/v1/resolve/{deployment}", { params, body }));
  // What a value is depends on the version that is resolved, so that is looked at first.
  const raw = await read(asked);
  const variables = await valuesOf(flags, VERSION_SPECS.prompt.parse(raw.content).variables ?? [], session.io);
  const pinned = variables === null ? raw : await read({ ...asked, variables });
  session.print(pinned, () => {
    const { version, revision, reason, environment, content } = pinned;
    const shown = VERSION_SPECS.prompt.parse(content);
    return `${renderFields({ version, revision, reason, environment })}\n\n${renderContent(shown)}`;
  });
}

/** The prompt to render, checked as it would be when it is registered. */
async function promptOf(session: Session, { version, file }: RenderFlags, artifact: string | undefined) {
  if ((artifact === undefined) === (file === undefined)) {
    throw new CliError(EXIT.usage, "needs an artifact with its --version, or the spec of a prompt by --file");
  }
  if (file !== undefined) {
    const spec = parseField(VERSION_SPECS.prompt, await readDocument(file, session.io), "spec");
    const wrong = checkPrompt(spec).map((violation) => ({ ...violation, field: `spec.${violation.field}` }));
    if (wrong.length > 0) throw invalidArgument(wrong);
    return spec;
  }
  if (version === undefined) throw new CliError(EXIT.usage, "needs the --version of the artifact");
  const params = { path: { name: required(artifact), version }, query: session.scope };
  const { spec } = await ok(session.client.http.GET("/v1/artifacts/{name}/versions/{version}", { params }));
  return parseField(VERSION_SPECS.prompt, spec, "spec");
}
