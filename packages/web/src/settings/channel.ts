import type { NotificationChannel, paths } from "@sluice/client";
import { headerLines, headersIn } from "./headers.ts";

export type NewChannel = paths["/v1/notifications"]["post"]["requestBody"]["content"]["application/json"];
type ChangedChannel = paths["/v1/notifications/{id}"]["put"]["requestBody"]["content"]["application/json"];
export type ChannelType = NotificationChannel["type"];
export type Alert = keyof NotificationChannel["alerts"];

export const CHANNEL_TYPES = ["webhook", "slack", "email"] as const satisfies ChannelType[];
export const TLS = ["starttls", "implicit", "none"] as const;

/** Everything that a channel may hear of, with what it is called. */
export const ALERTS: Readonly<Record<Alert, string>> = {
  deployment_failure: "A rollout failed",
  rollback: "A rollout was taken back",
  approval_required: "Somebody has to approve",
  no_data: "Nobody could judge",
  needs_attention: "Somebody should look",
  health_check_failure: "Instances are not well",
  performance_degradation: "It got slower or fails more",
  resource_exhaustion: "Memory or cores run out",
  security_violation: "A security test failed",
  test_failure: "A test failed",
  deployment_started: "A rollout began",
  deployment_completed: "A rollout completed",
  deployment_removed: "A deployment was removed",
};

export const ALERT_NAMES = Object.keys(ALERTS) as Alert[];

/** A channel as it stands in fields. Those of other types are kept, and not sent. */
export interface ChannelFields {
  type: ChannelType;
  name: string;
  alerts: Alert[];
  /** Empty: of every environment. */
  environment: string;
  url: string;
  /** Lines of `Name: value`. */
  headers: string;
  host: string;
  port: string;
  tls: (typeof TLS)[number];
  user: string;
  password: string;
  from: string;
  /** Addresses, with commas between them. */
  to: string;
}

export const NO_CHANNEL: ChannelFields = {
  ...{ type: "webhook", name: "", environment: "", url: "", headers: "", host: "", port: "587", tls: "starttls" },
  ...{ user: "", password: "", from: "", to: "" },
  alerts: ["deployment_failure", "rollback", "approval_required", "needs_attention"],
};

/** The channel in fields. A password is never shown: its field is empty, and stays so unless there is a new one. */
export function fieldsOfChannel(channel: NotificationChannel): ChannelFields {
  const common = {
    ...{ type: channel.type, name: channel.name, alerts: heardBy(channel) },
    environment: channel.filter.environment ?? "",
  };
  if (channel.type !== "email") {
    const headers = channel.type === "webhook" ? headerLines(channel.headers) : "";
    return { ...NO_CHANNEL, ...common, url: channel.url, headers };
  }
  const { host, port, tls, user, from, to } = channel;
  return {
    ...{ ...NO_CHANNEL, ...common, host, tls, from },
    ...{ port: String(port), user: user ?? "", to: to.join(", ") },
  };
}

/**
 * The channel with what was changed in the fields, as it is sent. What has no field stays, such as thresholds; what is hidden
 * goes back as it came, and stands for what is stored.
 */
export function channelChanged(channel: NotificationChannel, fields: ChannelFields): ChangedChannel {
  const alerts = Object.fromEntries(
    ALERT_NAMES.flatMap((alert) => {
      const known = channel.alerts[alert];
      const enabled = fields.alerts.includes(alert);
      return known === undefined && !enabled ? [] : [[alert, { ...known, enabled }]];
    }),
  );
  const environment = fields.environment === "" ? null : fields.environment;
  const common = { alerts, filter: { ...channel.filter, environment } };
  switch (channel.type) {
    case "webhook":
      return { ...channel, ...common, url: fields.url.trim(), headers: headersIn(fields.headers) ?? channel.headers };
    case "slack":
      return { ...channel, ...common, url: fields.url.trim() };
    case "email": {
      const { user, password, ...mail } = mailIn(fields);
      const kept = password ?? channel.password;
      return { ...channel, ...common, ...mail, user, password: user === null ? null : kept };
    }
  }
}

const mailIn = ({ host, port, tls, from, user, password, to }: ChannelFields) => ({
  ...{ host: host.trim(), tls, from: from.trim(), port: Number(port) },
  user: user === "" ? null : user,
  password: password === "" ? null : password,
  to: to.split(",").flatMap((address) => address.trim() || []),
});

/** What is sent to make the channel; whether it fits is the server's to say. */
export function channelWith(fields: ChannelFields, project: string): NewChannel {
  const { type, url } = fields;
  const common = {
    name: fields.name.trim(),
    project,
    alerts: Object.fromEntries(fields.alerts.map((alert) => [alert, {}])),
    ...(fields.environment !== "" && { filter: { environment: fields.environment } }),
  };
  if (type === "email") return { type, ...common, ...mailIn(fields) };
  if (type === "slack") return { type, ...common, url: url.trim() };
  return { type, ...common, url: url.trim(), headers: headersIn(fields.headers) ?? {} };
}

/** Where a channel's messages go; what of an address may be a secret, the server does not show. */
export const placeOf = (channel: NotificationChannel): string =>
  channel.type === "email" ? `${channel.to.join(", ")} by ${channel.host}` : channel.url;

/** What a channel hears of. */
export const heardBy = ({ alerts }: Pick<NotificationChannel, "alerts">): Alert[] =>
  ALERT_NAMES.filter((alert) => alerts[alert]?.enabled === true);
