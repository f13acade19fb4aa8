import { type Firing, type NewTrigger, ok, type Trigger } from "@sluice/client";
import { toBody } from "@sluice/manifest";
import { type Command, Option } from "commander";
import { actionText } from "../automation/action.ts";
import { addCommand, addGroup, type Cli, durationOption, option, required } from "../command.ts";
import { EXIT } from "../exit.ts";
import { type ListFlags, limitOption, printList } from "../list.ts";
import { readDocument } from "../manifest/read.ts";
import { age } from "../output/quantity.ts";
import { type Column, renderFields } from "../output/table.ts";
import type { Session } from "../session.ts";

const COLUMNS: Column<Trigger>[] = [
  { title: "name", value: ({ name }) => name },
  { title: "id", value: ({ id }) => id },
  { title: "source", value: ({ source }) => source },
  { title: "enabled", value: ({ enabled }) => (enabled ? "yes" : "no") },
  { title: "action", value: ({ action }) => actionText(action) },
];

const firingColumns = (now: number): Column<Firing>[] => [
  { title: "age", value: ({ at }) => age(at, now) },
  { title: "event", value: ({ event }) => event },
  { title: "ref", value: ({ source }) => source.tag ?? source.branch ?? null },
  { title: "outcome", value: ({ outcome }) => outcome },
  { title: "reason", value: ({ reason }) => reason },
];

const render = (trigger: Trigger): string =>
  renderFields({
    name: trigger.name,
    id: trigger.id,
    source: trigger.source,
    enabled: trigger.enabled ? "yes" : "no",
    description: trigger.description,
    action: actionText(trigger.action),
    filters: Object.entries(trigger.filters)
      .flatMap(([name, values]) => (values === null || values.length === 0 ? [] : [`${name}: ${values.join(", ")}`]))
      .join("; "),
    address: trigger.fireUrl,
  });

interface FireFlags {
  tag?: string;
  branch?: string;
  commit?: string;
}

export function addTriggerCommands(cli: Cli, program: Command): void {
  const group = addGroup(program, "trigger", "What events from outside start: Git, and whoever signs.");
  addCommand<ListFlags>(cli, group, {
    syntax: "list",
    description: "List triggers.",
    examples: ["sluice trigger list"],
    options: [limitOption()],
    run: (session, flags) =>
      printList(session, flags, COLUMNS, (query) => ok(session.client.http.GET("/v1/triggers", { params: { query } }))),
  });
  addCommand(cli, group, {
    syntax: "get <trigger>",
    description: "Show one trigger, without its secret.",
    examples: ["sluice trigger get greeter-tags", "sluice trigger get greeter-tags -o yaml"],
    run: async ({ client, scope, print }, _flags, trigger) => {
      const params = { path: { id: required(trigger) }, query: scope };
      const found = await ok(client.http.GET("/v1/triggers/{id}", { params }));
      print(found, () => render(found));
      return undefined;
    },
  });
  addCommand<{ file: string }>(cli, group, {
    syntax: "create <name>",
    description: "Create a trigger from a file. Its secret is shown this once and never again.",
    examples: [
      "sluice trigger create greeter-tags -f trigger.yaml",
      "cat trigger.yaml | sluice trigger create greeter-tags -f -",
    ],
    options: [option("-f, --file <path>", "YAML or JSON; - for standard input").makeOptionMandatory()],
    run: async (session, { file }, name) => {
      const { client, io, scope } = session;
      const body = toBody<never>({ ...scope, name: required(name), ...(await readDocument(file, io)) });
      printSecret(session, await ok(client.http.POST("/v1/triggers", { body })));
      return undefined;
    },
  });
  addCommand<{ secret?: string; overlap?: number }>(cli, group, {
    syntax: "rotate <trigger>",
    description: "Give a trigger a new secret, shown this once.",
    examples: ["sluice trigger rotate greeter-tags --overlap 1h"],
    options: [
      option("--secret <secret>", "one that the sender made"),
      durationOption("--overlap <duration>", "how long the secret before counts too"),
    ],
    run: async (session, { secret, overlap = 0 }, trigger) => {
      const params = { path: { id: required(trigger) }, query: session.scope };
      const body = { overlapSeconds: Math.round(overlap / 1_000), ...(secret !== undefined && { secret }) };
      printSecret(session, await ok(session.client.http.POST("/v1/triggers/{id}/rotate", { params, body })));
      return undefined;
    },
  });
  for (const [verb, enabled] of [
    ["enable", true],
    ["disable", false],
  ] as const) {
    addCommand(cli, group, {
      syntax: `${verb} <trigger>`,
      description: enabled
        ? "Let a trigger start things again."
        : "Ignore what is sent to a trigger, until it is enabled.",
      examples: [`sluice trigger ${verb} greeter-tags`],
      run: async ({ client, scope, note }, _flags, trigger) => {
        const params = { path: { id: required(trigger) }, query: scope };
        await ok(client.http.PATCH("/v1/triggers/{id}", { params, body: { enabled } }));
        note(`trigger ${trigger} ${verb}d`);
        return undefined;
      },
    });
  }
  addCommand<FireFlags>(cli, group, {
    syntax: "fire <trigger>",
    description: "Fire a trigger by hand; its filters do not apply. A firing that fails is exit code 4.",
    examples: ["sluice trigger fire greeter-tags --tag v1.1.0"],
    options: [
      option("--tag <tag>", "what {{tag}} stands for"),
      option("--branch <branch>", "what {{branch}} stands for"),
      option("--commit <hash>", "what {{commit}} stands for"),
    ],
    run: async ({ client, scope, print }, { tag, branch, commit }, trigger) => {
      const params = { path: { id: required(trigger) }, query: scope };
      const body = { inputs: {}, ...(tag && { tag }), ...(branch && { branch }), ...(commit && { commit }) };
      const fired = await ok(client.http.POST("/v1/triggers/{id}/fire", { params, body }));
      print(fired, () => [`${fired.outcome}: ${fired.reason}`, ...fired.rollouts].join("\n"));
      return fired.outcome === "failed" ? EXIT.refused : EXIT.ok;
    },
  });
  const outcomes = ["started", "unchanged", "ignored", "failed"] as const;
  addCommand<ListFlags & { outcome?: (typeof outcomes)[number] }>(cli, group, {
    syntax: "firings <trigger>",
    description: "List what came of a trigger's deliveries, newest first.",
    examples: ["sluice trigger firings greeter-tags", "sluice trigger firings greeter-tags --outcome failed"],
    options: [new Option("--outcome <outcome>", "only these").choices(outcomes), limitOption()],
    run: (session, { outcome, ...flags }, trigger) =>
      printList(session, flags, firingColumns(session.io.now()), (query) => {
        const params = { path: { id: required(trigger) }, query: { ...query, ...(outcome && { outcome }) } };
        return ok(session.client.http.GET("/v1/triggers/{id}/firings", { params }));
      }),
  });
  addCommand(cli, group, {
    syntax: "delete <trigger>",
    description: "Delete a trigger and its history; what it started goes on.",
    examples: ["sluice trigger delete greeter-tags"],
    run: async ({ client, scope, note }, _flags, trigger) => {
      const params = { path: { id: required(trigger) }, query: scope };
      await ok(client.http.DELETE("/v1/triggers/{id}", { params }));
      note(`trigger ${trigger} deleted`);
      return undefined;
    },
  });
}

/** For people with what to do next; `-o json` has the secret in its field. */
function printSecret(session: Session, trigger: NewTrigger): void {
  session.print(trigger, () =>
    trigger.secret === null ? render(trigger) : `${render(trigger)}\n${renderFields({ secret: trigger.secret })}`,
  );
  if (trigger.secret !== null) session.note("Keep the secret safe: it is not shown again.");
}
