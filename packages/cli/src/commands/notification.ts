import { type NotificationDelivery, ok } from "@sluice/client";
import { toBody } from "@sluice/manifest";
import { type Command, Option } from "commander";
import { addCommand, addGroup, type Cli, option, required } from "../command.ts";
import { EXIT, type ExitCode } from "../exit.ts";
import { type ListFlags, limitOption, printList } from "../list.ts";
import { readDocument } from "../manifest/read.ts";
import { type ChannelFlags, channelOf, channelOptions } from "../notification/channel.flag.ts";
import { untilDelivered } from "../notification/delivered.ts";
import type { Session } from "../session.ts";
import { CHANNEL_COLUMNS, deliveryColumns, renderChannel } from "../views/notification.ts";

const STATUSES = ["pending", "delivered", "dead", "held_back"] as const;

export function addNotificationCommands(cli: Cli, program: Command): void {
  const group = addGroup(program, "notification", "Who is told when something happens: webhooks, Slack, e-mail.");
  addCommand<ListFlags>(cli, group, {
    syntax: "list",
    description: "List notification channels.",
    examples: ["sluice notification list"],
    options: [limitOption()],
    run: (session, flags) =>
      printList(session, flags, CHANNEL_COLUMNS, (query) =>
        ok(session.client.http.GET("/v1/notifications", { params: { query } })),
      ),
  });
  addCommand(cli, group, {
    syntax: "get <channel>",
    description: "Show one channel, by name or id, without its secrets.",
    examples: ["sluice notification get incidents", "sluice notification get incidents -o yaml"],
    run: async ({ client, scope, print }, _flags, id) => {
      const params = { path: { id: required(id) }, query: scope };
      const channel = await ok(client.http.GET("/v1/notifications/{id}", { params }));
      print(channel, () => renderChannel(channel));
      return undefined;
    },
  });
  addCommand<ChannelFlags>(cli, group, {
    syntax: "create <name>",
    description: "Create a channel. A webhook's signing key is shown this once and never again.",
    examples: [
      "sluice notification create incidents --webhook https://incidents.example.com/hook -e production",
      "sluice notification create team --slack https://hooks.slack.com/services/T/B/X --alert rollback --alert 'performance_degradation=response_time > 2.0s'",
      "sluice notification create on-call --email ops@example.com --smtp smtp.example.com:587 --from sluice@example.com --user sluice --password-file smtp.password",
    ],
    options: channelOptions(),
    run: async (session, flags, name) => {
      const { client, scope } = session;
      const body = toBody<never>({ ...scope, name: required(name), ...(await channelOf(flags, session.io)) });
      const { secret, ...channel } = await ok(client.http.POST("/v1/notifications", { body }));
      printWithKey(session, { ...channel, secret }, () => renderChannel(channel), secret);
      return undefined;
    },
  });
  addCommand<{ file: string }>(cli, group, {
    syntax: "set <channel>",
    description: "Replace a channel's specification; what the file leaves out gets its default, what is hidden stays.",
    examples: ["sluice notification get team -o yaml > team.yaml && sluice notification set team -f team.yaml"],
    options: [option("-f, --file <path>", "YAML or JSON with its fields; - for standard input").makeOptionMandatory()],
    run: async ({ io, client, scope, print }, { file }, id) => {
      const params = { path: { id: required(id) }, query: scope };
      const channel = await ok(
        client.http.PUT("/v1/notifications/{id}", { params, body: toBody(await readDocument(file, io)) }),
      );
      print(channel, () => renderChannel(channel));
      return undefined;
    },
  });
  for (const [verb, enabled] of [
    ["enable", true],
    ["disable", false],
  ] as const) {
    addCommand(cli, group, {
      syntax: `${verb} <channel>`,
      description: enabled
        ? "Switch a channel on; what waits for it goes."
        : "Switch a channel off; nothing is made for it.",
      examples: [`sluice notification ${verb} team`],
      run: async ({ client, scope, note }, _flags, id) => {
        const params = { path: { id: required(id) }, query: scope };
        const channel = await ok(client.http.GET("/v1/notifications/{id}", { params }));
        await ok(client.http.PUT("/v1/notifications/{id}", { params, body: { ...channel, enabled } }));
        note(`channel ${channel.name} ${verb}d`);
        return undefined;
      },
    });
  }
  addCommand(cli, group, {
    syntax: "test <channel>",
    description: "Send a test message and say what came of it. Exit code 8 when it was not taken.",
    examples: ["sluice notification test incidents"],
    run: (session, _flags, id) => sendTest(session, required(id)),
  });
  addCommand<ListFlags & { status?: (typeof STATUSES)[number] }>(cli, group, {
    syntax: "deliveries <channel>",
    description: "List a channel's messages, newest first, with what became of them.",
    examples: ["sluice notification deliveries incidents", "sluice notification deliveries incidents --status dead"],
    options: [new Option("--status <status>", "only these").choices(STATUSES), limitOption()],
    run: (session, { status, ...flags }, id) =>
      printList(session, flags, deliveryColumns(session.io.now()), (query) => {
        const params = { path: { id: required(id) }, query: { ...query, ...(status && { status }) } };
        return ok(session.client.http.GET("/v1/notifications/{id}/deliveries", { params }));
      }),
  });
  addCommand(cli, group, {
    syntax: "redeliver <channel> <delivery>",
    description: "Send a message once more, under its own id.",
    examples: ["sluice notification redeliver incidents dlv_0198…"],
    run: async ({ client, scope, note }, _flags, id, delivery) => {
      const params = { path: { id: required(id), delivery: required(delivery) }, query: scope };
      const again = await ok(client.http.POST("/v1/notifications/{id}/deliveries/{delivery}/redeliver", { params }));
      note(`${again.id} is on its way`);
      return undefined;
    },
  });
  addCommand(cli, group, {
    syntax: "rotate <channel>",
    description: "Give a webhook another signing key, shown this once; the one before signs for a day as well.",
    examples: ["sluice notification rotate incidents"],
    run: async (session, _flags, id) => {
      const { client, scope } = session;
      const params = { path: { id: required(id) }, query: scope };
      const channel = await ok(client.http.POST("/v1/notifications/{id}/rotate", { params }));
      session.print(channel, () => channel.secret ?? "");
      session.note("Keep it safe: it is not shown again.");
      return undefined;
    },
  });
  addCommand(cli, group, {
    syntax: "delete <channel>",
    description: "Delete a channel, and what is on its way to it.",
    examples: ["sluice notification delete team"],
    run: async ({ client, scope, note }, _flags, id) => {
      const params = { path: { id: required(id) }, query: scope };
      await ok(client.http.DELETE("/v1/notifications/{id}", { params }));
      note(`channel ${id} deleted`);
      return undefined;
    },
  });
}

/** The key on the standard output with the rest; the warning beside it. */
export function printWithKey(session: Session, answer: object, table: () => string, key: string | undefined): void {
  session.print(answer, () => (key === undefined ? table() : `${table()}\n\nsigning key   ${key}`));
  if (key !== undefined) session.note("Keep the signing key safe: it is not shown again.");
}

async function sendTest({ client, scope, print }: Session, id: string): Promise<ExitCode> {
  const params = { path: { id }, query: scope };
  const sent = await ok(client.http.POST("/v1/notifications/{id}/test", { params }));
  const read = async (): Promise<NotificationDelivery | undefined> => {
    const query = { ...scope, limit: 50 };
    const { items } = await ok(
      client.http.GET("/v1/notifications/{id}/deliveries", { params: { path: { id }, query } }),
    );
    return items.find((delivery) => delivery.id === sent.id);
  };
  const ended = await untilDelivered(sent, read);
  print(ended, () => `${ended.status}: ${ended.reason ?? "no attempt yet; the next says more"}`);
  return ended.status === "delivered" ? EXIT.ok : EXIT.failed;
}
