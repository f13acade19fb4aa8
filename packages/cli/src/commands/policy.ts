import { ok, type paths } from "@sluice/client";
import { toBody } from "@sluice/manifest";
import { type Command, Option } from "commander";
import { addCommand, addGroup, type Cli, option, required } from "../command.ts";
import { type ListFlags, limitOption, printList } from "../list.ts";
import type { Column } from "../output/table.ts";

type Policy = paths["/v1/policies"]["get"]["responses"]["200"]["content"]["application/json"]["items"][number];
type Body = paths["/v1/policies/{name}"]["put"]["requestBody"]["content"]["application/json"];

const SEVERITIES = ["critical", "high", "medium", "low"] as const;
const any = (value: string | null): string => value ?? "(all)";

const COLUMNS: Column<Policy>[] = [
  { title: "name", value: ({ name }) => name },
  { title: "environment", value: ({ environment }) => any(environment) },
  { title: "artifact", value: ({ artifact }) => any(artifact) },
  { title: "kind", value: ({ kind }) => any(kind) },
  { title: "severity", value: ({ severity, enabled }) => (enabled ? severity : "(off)") },
  { title: "expression", value: ({ expression }) => expression },
];

interface SetFlags {
  expression: string;
  description?: string;
  environment?: string;
  artifact?: string;
  kind?: string;
  severity?: string;
  disabled?: boolean;
}

export function addPolicyCommands(cli: Cli, program: Command): void {
  const group = addGroup(program, "policy", "Rules in CEL that every candidate within their reach must meet.");
  addCommand<SetFlags>(cli, group, {
    syntax: "set <name>",
    description: "Create or replace a policy. It speaks of version, config, strategy, environment, routed and route.",
    examples: [
      "sluice policy set two-of-everything -e production --expression 'int(config.replicas) >= 2'",
      `sluice policy set digests --expression '!has(version.spec.image) || version.spec.image.contains("@sha256:")'`,
      "sluice policy set no-big-bang -e production --severity high --expression 'strategy.type != \"immediate\"'",
    ],
    options: [
      option("--expression <cel>", "true where the rule is met").makeOptionMandatory(),
      option("--description <text>", "the rule in words"),
      option("-e, --environment <name>", "only in this environment"),
      option("--artifact <name>", "only of this artifact"),
      option("--kind <kind>", "only of this kind"),
      new Option("--severity <severity>", "what breaking it means (default: critical)").choices(SEVERITIES),
      option("--disabled", "keep it, and do not ask it"),
    ],
    run: async ({ client, scope, print }, { disabled, ...flags }, name) => {
      const params = { path: { name: required(name) }, query: scope };
      const body = toBody<Body>({ ...flags, enabled: disabled !== true });
      const policy = await ok(client.http.PUT("/v1/policies/{name}", { params, body }));
      print(policy, () => `policy ${policy.name}: ${policy.expression}`);
      return undefined;
    },
  });
  addCommand<ListFlags>(cli, group, {
    syntax: "list",
    description: "List policies.",
    examples: ["sluice policy list"],
    options: [limitOption()],
    run: (session, flags) =>
      printList(session, flags, COLUMNS, (query) =>
        ok(session.client.http.GET("/v1/policies", { params: { query: { ...query, ...session.scope } } })),
      ),
  });
  addCommand(cli, group, {
    syntax: "delete <name>",
    description: "Delete a policy.",
    examples: ["sluice policy delete no-big-bang"],
    run: async ({ client, scope, print }, _flags, name) => {
      const params = { path: { name: required(name) }, query: scope };
      await ok(client.http.DELETE("/v1/policies/{name}", { params }));
      print({ deleted: name }, () => `policy ${name} is deleted`);
      return undefined;
    },
  });
}
