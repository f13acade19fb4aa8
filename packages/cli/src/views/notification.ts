import type { Integration, NotificationChannel, NotificationDelivery, Registration } from "@sluice/client";
import { age } from "../output/quantity.ts";
import { type Column, renderFields, renderTable } from "../output/table.ts";

/** Where a channel's messages go. */
function placeOf(channel: NotificationChannel): string {
  switch (channel.type) {
    case "webhook":
    case "slack":
      return channel.url;
    case "email":
      return channel.to.join(", ");
  }
}

const alertsOf = ({ alerts }: NotificationChannel): string[] =>
  Object.entries(alerts).flatMap(([name, heard]) => (heard?.enabled ? [name] : []));

const stateOf = ({ enabled, disabledReason }: NotificationChannel): string =>
  enabled ? "on" : disabledReason === null ? "off" : `off: its receiver ${disabledReason}`;

export const CHANNEL_COLUMNS: Column<NotificationChannel>[] = [
  { title: "name", value: ({ name }) => name },
  { title: "type", value: ({ type }) => type },
  { title: "to", value: placeOf },
  { title: "alerts", value: (channel) => alertsOf(channel).join(", ") },
  { title: "environment", value: ({ filter }) => filter?.environment ?? "every" },
  { title: "state", value: stateOf },
];

export const renderChannel = (channel: NotificationChannel): string =>
  [
    renderFields({
      name: channel.name,
      id: channel.id,
      type: channel.type,
      to: placeOf(channel),
      environment: channel.filter?.environment ?? "every",
      artifact: channel.filter?.artifact ?? "every",
      kind: channel.filter?.kind ?? "every",
      deployment: channel.filter?.deployment ?? "every",
      limit: `${channel.limit?.messages} messages in ${channel.limit?.perSeconds} s about one alert of one deployment`,
      state: stateOf(channel),
    }),
    "",
    renderTable(Object.entries(channel.alerts), [
      { title: "alert", value: ([name]) => name },
      { title: "threshold", value: ([, heard]) => heard?.threshold ?? null },
      { title: "heard", value: ([, heard]) => (heard?.enabled ? "yes" : "no") },
    ]),
  ].join("\n");

export const deliveryColumns = (now: number): Column<NotificationDelivery>[] => [
  { title: "id", value: ({ id }) => id },
  { title: "made", value: ({ createdAt }) => `${age(createdAt, now)} ago` },
  { title: "type", value: ({ type }) => type },
  { title: "status", value: ({ status }) => status },
  { title: "attempts", value: ({ attempts }) => attempts },
  { title: "reason", value: ({ reason }) => reason },
];

export const INTEGRATION_COLUMNS: Column<Integration>[] = [
  { title: "name", value: ({ name }) => name },
  {
    title: "asked at",
    value: ({ health }) => (health ? `${health.type} ${health.address}${health.path ?? ""}` : null),
  },
  { title: "told at", value: ({ webhook }) => webhook?.url ?? null },
  { title: "kinds", value: ({ kinds }) => kinds?.join(", ") || "every" },
  { title: "environments", value: ({ environments }) => environments?.join(", ") || "every" },
  { title: "required", value: ({ required }) => (required ? "yes" : "no") },
];

export const renderIntegration = (integration: Integration): string =>
  renderFields(Object.fromEntries(INTEGRATION_COLUMNS.map(({ title, value }) => [title, value(integration)])));

export const REGISTRATION_COLUMNS: Column<Registration>[] = [
  { title: "deployment", value: ({ deployment }) => deployment.name },
  { title: "environment", value: ({ environment }) => environment },
  { title: "kind", value: ({ kind }) => kind },
  { title: "version", value: ({ version }) => version },
  { title: "path", value: ({ path }) => path },
  { title: "since", value: ({ at }) => at },
];
