import { ok } from "@sluice/client";
import { titleOf } from "@sluice/core";
import { inspect, toBody } from "@sluice/manifest";
import type { Command } from "commander";
import { addCommand, addGroup, type Cli, durationOption, option, required } from "../command.ts";
import { CliError, EXIT } from "../exit.ts";
import { type ConditionFlags, conditionOptions, conditionsOf } from "../gate/condition.flag.ts";
import { type ListFlags, limitOption, printList } from "../list.ts";
import { parseManifest } from "../manifest/parse.ts";
import { readSource } from "../manifest/read.ts";
import type { Session } from "../session.ts";
import { GATE_COLUMNS, renderGate } from "../views/gate.ts";

interface Target {
  artifact?: string;
  environment?: string;
}

interface CreateFlags extends Target, ConditionFlags {
  advisory?: boolean;
  waitFor?: number;
}

const targetOptions = (artifact: string, environment: string) => [
  option("--artifact <name>", artifact),
  option("-e, --environment <name>", environment),
];

export function addGateCommands(cli: Cli, program: Command): void {
  const group = addGroup(program, "gate", "What a version must meet before traffic moves.");
  addCommand<ListFlags & Target>(cli, group, {
    syntax: "list",
    description: "List gates: those that an artifact or an environment meets, or all.",
    examples: ["sluice gate list", "sluice gate list --artifact greeter -e production"],
    options: [
      ...targetOptions("gates that this artifact is asked by", "gates that are asked in this environment"),
      limitOption(),
    ],
    run: (session, { artifact, environment, ...flags }) =>
      printList(session, flags, GATE_COLUMNS, (query) =>
        ok(
          session.client.http.GET("/v1/gates", {
            params: { query: { ...query, ...(artifact && { artifact }), ...(environment && { environment }) } },
          }),
        ),
      ),
  });
  addCommand(cli, group, {
    syntax: "get <name>",
    description: "Show one gate.",
    examples: ["sluice gate get quality", "sluice gate get quality -o yaml"],
    run: async ({ client, scope, print }, _flags, name) => {
      const params = { path: { name: required(name) }, query: scope };
      const gate = await ok(client.http.GET("/v1/gates/{name}", { params }));
      print(gate, () => renderGate(gate));
      return undefined;
    },
  });
  addCommand<CreateFlags>(cli, group, {
    syntax: "create <name>",
    description: "Create a gate from flags; `apply` takes everything that a gate can have.",
    examples: [
      "sluice gate create quality --artifact greeter -e production --score 'accuracy>=0.9@smoke' --latency 'p95Ms<=800@smoke'",
      "sluice gate create cheap --cost 'costUsd<=0.02@smoke' --advisory",
      "sluice gate create enough --expression 'evaluations.smoke.sampleCount >= 100' --wait-for 10m",
      "sluice gate create signed-off -e production --webhook https://checks.example.com/gate",
    ],
    options: [
      ...targetOptions("only this artifact (default: every one)", "only this environment (default: every one)"),
      ...conditionOptions(),
      option("--advisory", "report, but stop nothing"),
      durationOption("--wait-for <duration>", "how long missing figures are waited for (default 1h)"),
    ],
    run: create,
  });
  addCommand<{ file: string[] }>(cli, group, {
    syntax: "apply",
    description: "Create or replace the gates of a manifest: documents of kind Gate.",
    examples: ["sluice gate apply -f gates.yaml", "cat gates.yaml | sluice gate apply -f -"],
    options: [option("-f, --file <path...>", "manifest; - for standard input; may be repeated").makeOptionMandatory()],
    run: apply,
  });
  addCommand(cli, group, {
    syntax: "delete <name>",
    description: "Delete a gate. Rollouts that wait at it go on without.",
    examples: ["sluice gate delete quality"],
    run: async ({ client, scope, note }, _flags, name) => {
      const params = { path: { name: required(name) }, query: scope };
      await ok(client.http.DELETE("/v1/gates/{name}", { params }));
      note(`gate ${name} deleted`);
      return undefined;
    },
  });
}

async function create(session: Session, flags: CreateFlags, name: string | undefined): Promise<undefined> {
  const conditions = conditionsOf(flags);
  if (conditions.length === 0) {
    throw new CliError(EXIT.usage, "a gate needs a condition: --score, --latency, --cost, --expression or --webhook");
  }
  const { artifact, environment, advisory, waitFor } = flags;
  const { client, scope, print } = session;
  const fields = {
    ...scope,
    name: required(name),
    artifact,
    environment,
    required: advisory !== true,
    waitSeconds: waitFor === undefined ? undefined : Math.round(waitFor / 1_000),
    conditions,
  };
  const gate = await ok(client.http.POST("/v1/gates", { body: toBody(fields) }));
  print(gate, () => renderGate(gate));
}

async function apply(session: Session, { file }: { file: string[] }): Promise<undefined> {
  const manifests = await Promise.all(
    file.map(async (path) => parseManifest(await readSource(path, session.io), path)),
  );
  const resources = manifests.flat();
  const other = resources.find(({ kind }) => kind !== "Gate");
  if (other !== undefined) {
    throw new CliError(EXIT.usage, `${titleOf(other)} is no Gate`, [
      "sluice apply -f <path>    for manifests of every kind",
    ]);
  }
  const items: { resource: string; action: string }[] = [];
  for (const resource of resources) {
    const change = await inspect(session, resource);
    await change.apply();
    items.push({ resource: titleOf(resource), action: change.action });
  }
  session.print({ items }, () =>
    items.map(({ resource, action }) => `${resource} ${DONE[action] ?? action}`).join("\n"),
  );
}

const DONE: Readonly<Record<string, string>> = { create: "created", update: "updated" };
