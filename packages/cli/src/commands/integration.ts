import { ok } from "@sluice/client";
import { toBody } from "@sluice/manifest";
import { type Command, InvalidArgumentError, Option } from "commander";
import { addCommand, addGroup, type Cli, option, pairOption, required } from "../command.ts";
import { parseDependency } from "../dependency.option.ts";
import { type ListFlags, limitOption, printList } from "../list.ts";
import {
  deliveryColumns,
  INTEGRATION_COLUMNS,
  REGISTRATION_COLUMNS,
  renderIntegration,
} from "../views/notification.ts";
import { printWithKey } from "./notification.ts";

const STATUSES = ["pending", "delivered", "dead", "held_back"] as const;

interface SetFlags {
  health?: object;
  webhook?: string;
  header?: Record<string, string>;
  kind?: string[];
  environment?: string[];
  advisory?: boolean;
}

const healthOption = (): Option =>
  option(
    "--health <address>",
    "asked by validation: http://HOST:PORT/health, tcp:HOST:PORT, or grpc:HOST:PORT[/SERVICE]",
  ).argParser((text) => {
    const parsed = parseDependency(`service=${text}`);
    if (parsed === null)
      throw new InvalidArgumentError("Expected http://HOST[:PORT][/PATH], tcp:HOST:PORT or grpc:HOST:PORT[/SERVICE].");
    const { name: _, ...health } = parsed;
    return health;
  });

export function addIntegrationCommands(cli: Cli, program: Command): void {
  const group = addGroup(
    program,
    "integration",
    "Services around deployments: asked before anything starts, told of what serves.",
  );
  addCommand<ListFlags>(cli, group, {
    syntax: "list",
    description: "List the services around deployments.",
    examples: ["sluice integration list"],
    options: [limitOption()],
    run: (session, flags) =>
      printList(session, flags, INTEGRATION_COLUMNS, (query) =>
        ok(session.client.http.GET("/v1/integrations", { params: { query } })),
      ),
  });
  addCommand(cli, group, {
    syntax: "get <name>",
    description: "Show one service.",
    examples: ["sluice integration get orchestrator", "sluice integration get orchestrator -o yaml"],
    run: async ({ client, scope, print }, _flags, name) => {
      const params = { path: { name: required(name) }, query: scope };
      const integration = await ok(client.http.GET("/v1/integrations/{name}", { params }));
      print(integration, () => renderIntegration(integration));
      return undefined;
    },
  });
  addCommand<SetFlags>(cli, group, {
    syntax: "set <name>",
    description: "Declare a service, or replace its declaration. A signing key that is made is shown this once.",
    examples: [
      "sluice integration set brain-factory --kind agent --health http://127.0.0.1:8301/health",
      "sluice integration set orchestrator --kind agent -e production --health http://127.0.0.1:8200/health --webhook http://127.0.0.1:8200/hooks/sluice",
      "sluice integration set plugin-registry --health tcp:127.0.0.1:8201 --advisory",
    ],
    options: [
      healthOption(),
      option(
        "--webhook <url>",
        "told of registrations and deregistrations: CloudEvents, signed as Standard Webhooks says",
      ),
      pairOption("--header <name=value>", "header of the webhook's requests; kept secret; may be repeated"),
      option("--kind <kind...>", "only for artifacts of these kinds (default: every one)"),
      option("-e, --environment <name...>", "only in these environments (default: every one)"),
      option("--advisory", "a failed check is a note, and stops nothing"),
    ],
    run: async (session, { health, webhook, header, kind, environment, advisory }, name) => {
      const { client, scope } = session;
      const body = toBody<never>({
        ...{ health, kinds: kind, environments: environment, required: advisory !== true },
        webhook: webhook === undefined ? undefined : { url: webhook, headers: header },
      });
      const params = { path: { name: required(name) }, query: scope };
      const { secret, ...integration } = await ok(client.http.PUT("/v1/integrations/{name}", { params, body }));
      printWithKey(session, { ...integration, secret }, () => renderIntegration(integration), secret);
      return undefined;
    },
  });
  addCommand<ListFlags>(cli, group, {
    syntax: "registrations <name>",
    description: "List what a service was told that serves.",
    examples: ["sluice integration registrations orchestrator"],
    options: [limitOption()],
    run: (session, flags, name) =>
      printList(session, flags, REGISTRATION_COLUMNS, (query) => {
        const params = { path: { name: required(name) }, query };
        return ok(session.client.http.GET("/v1/integrations/{name}/registrations", { params }));
      }),
  });
  addCommand<ListFlags & { status?: (typeof STATUSES)[number] }>(cli, group, {
    syntax: "deliveries <name>",
    description: "List the messages to a service, newest first, with what became of them.",
    examples: ["sluice integration deliveries orchestrator --status dead"],
    options: [new Option("--status <status>", "only these").choices(STATUSES), limitOption()],
    run: (session, { status, ...flags }, name) =>
      printList(session, flags, deliveryColumns(session.io.now()), (query) => {
        const params = { path: { name: required(name) }, query: { ...query, ...(status && { status }) } };
        return ok(session.client.http.GET("/v1/integrations/{name}/deliveries", { params }));
      }),
  });
  addCommand(cli, group, {
    syntax: "redeliver <name> <delivery>",
    description: "Send a message to a service once more, under its own id.",
    examples: ["sluice integration redeliver orchestrator dlv_0198…"],
    run: async ({ client, scope, note }, _flags, name, delivery) => {
      const params = { path: { name: required(name), delivery: required(delivery) }, query: scope };
      const again = await ok(client.http.POST("/v1/integrations/{name}/deliveries/{delivery}/redeliver", { params }));
      note(`${again.id} is on its way`);
      return undefined;
    },
  });
  addCommand(cli, group, {
    syntax: "delete <name>",
    description: "Forget a service, and what is on its way to it.",
    examples: ["sluice integration delete plugin-registry"],
    run: async ({ client, scope, note }, _flags, name) => {
      const params = { path: { name: required(name) }, query: scope };
      await ok(client.http.DELETE("/v1/integrations/{name}", { params }));
      note(`integration ${name} deleted`);
      return undefined;
    },
  });
}
