import { type Delivery, ok, type Version } from "@sluice/client";
import { type Command, Option } from "commander";
import { stringify } from "yaml";
import { readWorkingCopy } from "../automation/git.ts";
import { addCommand, addGroup, type Cli, option, pairOption, required } from "../command.ts";
import { CliError, EXIT } from "../exit.ts";
import type { Io } from "../io.ts";
import { type ListFlags, limitOption, printList } from "../list.ts";
import { age } from "../output/quantity.ts";
import { type Column, renderFields } from "../output/table.ts";
import { type ContentFlags, contentOptions, contentSpec } from "../version.content.ts";
import { renderChanges } from "../views/change.ts";

const columns = (now: number): Column<Version>[] => [
  { title: "version", value: ({ version }) => version },
  { title: "digest", value: ({ digest }) => digest.slice(0, "sha256:".length + 12) },
  { title: "by", value: ({ createdBy }) => createdBy },
  { title: "age", value: ({ createdAt }) => age(createdAt, now) },
];

const render = (version: Version, now: number): string =>
  `${renderFields({
    artifact: version.artifact,
    version: version.version,
    digest: version.digest,
    created: `${age(version.createdAt, now)} ago by ${version.createdBy}`,
  })}\n\n${stringify({ spec: version.spec })}`;

const HISTORY: Column<Delivery>[] = [
  { title: "version", value: ({ version }) => version },
  { title: "environment", value: ({ environment }) => environment },
  { title: "deployment", value: ({ name }) => name },
  { title: "outcome", value: ({ outcome }) => outcome },
  { title: "served from", value: ({ servedFrom }) => servedFrom },
  { title: "until", value: ({ servedFrom, servedUntil }) => servedUntil ?? (servedFrom === null ? null : "now") },
  { title: "by", value: ({ triggeredBy }) => triggeredBy },
];

interface CreateFlags extends ContentFlags {
  env?: Record<string, string>;
  repository?: string;
  commit?: string;
  tag?: string;
  fromGit?: boolean;
  allowDirty?: boolean;
}

export function addVersionCommands(cli: Cli, program: Command): void {
  const group = addGroup(program, "version", "Immutable contents of an artifact.");
  addCommand<CreateFlags>(cli, group, {
    syntax: "create <artifact> [version] [command...]",
    description: "Create a version: of a program (--command, or after `--`), of an image, or of a spec in a file.",
    examples: [
      'sluice version create greeter 1.1.0 --workdir examples/greeter --command "node server.mjs"',
      'sluice version create greeter 1.1.0 --env MODE=good -- node server.mjs "an argument with spaces"',
      "sluice version create greeter 1.1.0 --image registry.example/greeter:1.1.0 --env MODE=good",
      "sluice version create tone 3 -f tone.yaml",
      "sluice version create greeter --from-git --image registry.example/greeter:1.1.0",
    ],
    options: [
      ...contentOptions(),
      pairOption("--env <name=value>", "environment variable of the program; may be repeated"),
      option("--repository <url>", "where it was built from"),
      option("--commit <hash>", "commit it was built from"),
      option("--tag <tag>", "tag it was built from"),
      option(
        "--from-git",
        "take these three from the working copy here, and the version from its tag, without a leading v",
      ),
      option("--allow-dirty", "also from a working copy that is not as committed"),
    ],
    run: async ({ io, client, scope, print }, flags, artifact, given, ...command) => {
      const { repository, commit, tag } = { ...(await fromGit(flags)), ...flags };
      const version = given ?? versionOfTag(flags, tag);
      const program = command.filter((word) => word !== undefined);
      const spec = await specOf(io, flags, program);
      const source = { ...(repository && { repository }), ...(commit && { commit }), ...(tag && { tag }) };
      const body = { version, spec, ...(Object.keys(source).length > 0 && { source }) };
      const params = { path: { name: required(artifact) }, query: scope };
      const created = await ok(client.http.POST("/v1/artifacts/{name}/versions", { params, body }));
      print(created, () => render(created, io.now()));
      return undefined;
    },
  });
  addCommand<ListFlags & { sort?: "newest" | "semver" }>(cli, group, {
    syntax: "list <artifact>",
    description: "List the versions of an artifact, newest first or highest first.",
    examples: ["sluice version list greeter", "sluice version list greeter --sort semver"],
    options: [new Option("--sort <order>", "default: newest").choices(["newest", "semver"]), limitOption()],
    run: (session, { sort, ...flags }, artifact) =>
      printList(session, flags, columns(session.io.now()), (query) =>
        ok(
          session.client.http.GET("/v1/artifacts/{name}/versions", {
            params: { path: { name: required(artifact) }, query: { ...query, ...(sort && { sort }) } },
          }),
        ),
      ),
  });
  addCommand<ListFlags & { environment?: string }>(cli, group, {
    syntax: "history <artifact>",
    description: "List which version was where, and when, across environments.",
    examples: ["sluice version history greeter", "sluice version history greeter -e production"],
    options: [option("-e, --environment <name>", "only what went there"), limitOption()],
    run: (session, { environment, ...flags }, artifact) =>
      printList(session, flags, HISTORY, (query) =>
        ok(
          session.client.http.GET("/v1/artifacts/{name}/deliveries", {
            params: { path: { name: required(artifact) }, query: { ...query, ...(environment && { environment }) } },
          }),
        ),
      ),
  });
  addCommand(cli, group, {
    syntax: "get <artifact> <version>",
    description: "Show one version with its content.",
    examples: ["sluice version get greeter 1.0.0"],
    run: async ({ io, client, scope, print }, _flags, name, version) => {
      const params = { path: { name: required(name), version: required(version) }, query: scope };
      const found = await ok(client.http.GET("/v1/artifacts/{name}/versions/{version}", { params }));
      print(found, () => render(found, io.now()));
      return undefined;
    },
  });
  addCommand(cli, group, {
    syntax: "diff <artifact> <from> <to>",
    description: "Show what differs between two versions.",
    examples: ["sluice version diff greeter 1.0.0 1.1.0"],
    run: async ({ client, scope, print, colors }, _flags, name, from, to) => {
      const params = { path: { name: required(name), from: required(from), to: required(to) }, query: scope };
      const difference = await ok(client.http.GET("/v1/artifacts/{name}/versions/{from}/diff/{to}", { params }));
      print(difference, () => renderChanges(difference.changes, colors));
      return undefined;
    },
  });
}

async function specOf(io: Io, flags: CreateFlags, program: string[]): Promise<Record<string, unknown>> {
  const spec = await contentSpec(io, flags, program);
  if (spec === null || (flags.file === undefined && !("command" in spec) && !("image" in spec))) {
    throw new CliError(EXIT.usage, "a version needs a --command (or one after `--`), an --image, or a spec by --file");
  }
  return flags.file === undefined && flags.env !== undefined ? { ...spec, env: flags.env } : spec;
}

/** What the working copy here says of itself, where that is asked for. */
async function fromGit({
  fromGit,
  allowDirty = false,
}: CreateFlags): Promise<Partial<Record<"repository" | "commit" | "tag", string>>> {
  if (fromGit !== true) return {};
  const { repository, commit, tag } = await readWorkingCopy(".", { allowDirty });
  return { commit, ...(repository !== null && { repository }), ...(tag !== null && { tag }) };
}

function versionOfTag({ fromGit }: CreateFlags, tag: string | undefined): string {
  if (tag !== undefined && fromGit === true) return tag.replace(/^v(?=\d)/, "");
  const why = fromGit === true ? "there is no tag at this commit" : "--from-git is not given";
  throw new CliError(EXIT.usage, `a version needs a name: none is given, and ${why}`);
}
