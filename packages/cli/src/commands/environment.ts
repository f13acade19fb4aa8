import { type Environment, ok } from "@sluice/client";
import type { Command } from "commander";
import { addCommand, addGroup, type Cli, option, required } from "../command.ts";
import { type ListFlags, limitOption, printList } from "../list.ts";
import { readDocument } from "../manifest/read.ts";
import { duration } from "../output/quantity.ts";
import { type Column, renderFields } from "../output/table.ts";

const COLUMNS: Column<Environment>[] = [
  { title: "name", value: ({ name }) => name },
  { title: "tier", value: ({ tier }) => tier },
  { title: "targets", value: targetsOf },
  { title: "validation", value: ({ validationLevel }) => validationLevel },
  { title: "approvals", value: ({ protection }) => protection.requiredApprovals },
  { title: "requires", value: ({ protection }) => protection.requireSuccessIn },
];

const render = (environment: Environment): string =>
  renderFields({
    name: environment.name,
    tier: environment.tier,
    targets: targetsOf(environment),
    waves: wavesOf(environment),
    "when a wave fails": environment.onWaveFailure,
    "validation level": environment.validationLevel,
    "monitoring level": environment.monitoringLevel,
    limits: `${environment.limits.memoryMb} MB, ${environment.limits.cpuCores} cores, ${environment.limits.storageGb} GB`,
    "required approvals": environment.protection.requiredApprovals,
    approvers: environment.protection.approvers?.join(", ") ?? null,
    "approval expires": expiryOf(environment),
    "four eyes": environment.protection.fourEyes ? "yes" : "no",
    "freeze windows": environment.protection.freezeWindows
      .map(({ schedule, durationMinutes, timezone }) => `${schedule} for ${durationMinutes} min (${timezone})`)
      .join("; "),
    "success required in": environment.protection.requireSuccessIn,
  });

function targetsOf({ targets }: Environment): string {
  return targets.map(({ name, type }) => (name === undefined ? type : `${name} (${type})`)).join(", ");
}

function wavesOf({ waves }: Environment): string | null {
  if (waves === null) return null;
  const words = waves.map(({ targets, bakeSeconds }) => {
    const bake = bakeSeconds === 0 ? "" : ` (${duration(bakeSeconds * 1_000)})`;
    return `${targets.join(" + ")}${bake}`;
  });
  return words.join(" → ");
}

function expiryOf({ protection }: Environment): string | null {
  const { approvalExpirySeconds: expiry } = protection;
  return expiry === null ? null : `after ${duration(expiry * 1_000)}`;
}

export function addEnvironmentCommands(cli: Cli, program: Command): void {
  const group = addGroup(program, "environment", "Where things run: targets, limits, protection.").alias("env");
  addCommand<ListFlags>(cli, group, {
    syntax: "list",
    description: "List the environments of the project.",
    examples: ["sluice environment list"],
    options: [limitOption()],
    run: (session, flags) =>
      printList(session, flags, COLUMNS, (query) =>
        ok(session.client.http.GET("/v1/environments", { params: { query } })),
      ),
  });
  addCommand(cli, group, {
    syntax: "get <name>",
    description: "Show one environment.",
    examples: ["sluice environment get production", "sluice environment get production -o yaml"],
    run: async ({ client, scope, print }, _flags, name) => {
      const params = { path: { name: required(name) }, query: scope };
      const environment = await ok(client.http.GET("/v1/environments/{name}", { params }));
      print(environment, () => render(environment));
      return undefined;
    },
  });
  addCommand<{ file: string }>(cli, group, {
    syntax: "set <name>",
    description: "Create or replace an environment; what the file leaves out gets its default.",
    examples: ["sluice environment set qa -f qa.yaml", "echo 'tier: custom' | sluice environment set qa -f -"],
    options: [option("-f, --file <path>", "YAML or JSON with its fields; - for standard input").makeOptionMandatory()],
    run: async ({ io, client, scope, print }, { file }, name) => {
      const body = await readDocument(file, io);
      const params = { path: { name: required(name) }, query: scope };
      const environment = await ok(client.http.PUT("/v1/environments/{name}", { params, body }));
      print(environment, () => render(environment));
      return undefined;
    },
  });
  addCommand(cli, group, {
    syntax: "delete <name>",
    description: "Delete an environment that has no deployments.",
    examples: ["sluice environment delete qa"],
    run: async ({ client, scope, note }, _flags, name) => {
      const params = { path: { name: required(name) }, query: scope };
      await ok(client.http.DELETE("/v1/environments/{name}", { params }));
      note(`environment ${name} deleted`);
      return undefined;
    },
  });
}
