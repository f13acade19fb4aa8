import { ALERTS, ANY_FAILURE } from "@sluice/core";
import { InvalidArgumentError, type Option } from "commander";
import { durationOption, integerOption, option, pairOption } from "../command.ts";
import { CliError, EXIT } from "../exit.ts";
import type { Io } from "../io.ts";
import { readSource } from "../manifest/read.ts";

type Alerts = Record<string, { threshold: string }>;

export interface ChannelFlags {
  webhook?: string;
  header?: Record<string, string>;
  slack?: string;
  email?: string[];
  smtp?: string;
  from?: string;
  tls?: "starttls" | "implicit" | "none";
  user?: string;
  passwordFile?: string;
  untrusted?: boolean;
  alert?: Alerts;
  for?: number;
  environment?: string;
  artifact?: string;
  kind?: string;
  deployment?: string;
  most?: number;
}

/** `performance_degradation=response_time > 2.0s`, or the alert alone. Null for no known alert. */
export function parseAlert(text: string): [alert: string, threshold: string] | null {
  const [name = "", ...rest] = text.split("=");
  const alert = ALERTS.find((known) => known === name.trim());
  if (alert === undefined) return null;
  return [alert, rest.length === 0 ? ANY_FAILURE : rest.join("=").trim()];
}

export const channelOptions = (): Option[] => [
  option("--webhook <url>", "tell this address: CloudEvents, signed as Standard Webhooks says"),
  pairOption("--header <name=value>", "header of the webhook's requests; kept secret; may be repeated"),
  option("--slack <url>", "tell a Slack channel by its incoming webhook"),
  option("--email <address...>", "tell these people by e-mail"),
  option("--smtp <host:port>", "the mail server"),
  option("--from <address>", "who the mails are from"),
  option("--tls <mode>", "how the mail server is spoken to (default starttls)").choices([
    "starttls",
    "implicit",
    "none",
  ]),
  option("--untrusted", "take any certificate of the mail server"),
  option("--user <name>", "who logs in to the mail server"),
  option("--password-file <path>", "where the password is; - for standard input"),
  option(
    "--alert <alert[=threshold]>",
    `what is told (default deployment_failure); may be repeated: ${ALERTS.join(", ")}`,
  ).argParser((text, previous: Alerts | undefined) => {
    const parsed = parseAlert(text);
    if (parsed === null)
      throw new InvalidArgumentError(`Expected ALERT or ALERT=THRESHOLD; alerts: ${ALERTS.join(", ")}.`);
    const [alert, threshold] = parsed;
    return { ...previous, [alert]: { threshold } };
  }),
  durationOption("--for <duration>", "how long a figure must be beyond its threshold (default 30s)"),
  option("-e, --environment <name>", "only of this environment"),
  option("--artifact <name>", "only of this artifact"),
  option("--kind <kind>", "only of artifacts of this kind"),
  option("--deployment <name>", "only of deployments of this name"),
  integerOption(
    "--most <number>",
    "at most so many messages about one alert of one deployment in ten minutes (default 10)",
    1,
    1_000,
  ),
];

/** The channel as the API takes it. What is missing or wrong beyond the flags is for the server to say. */
export async function channelOf(flags: ChannelFlags, io: Io): Promise<object> {
  const { environment, artifact, kind, deployment, most, alert } = flags;
  const forSeconds = flags.for === undefined ? {} : { forSeconds: flags.for / 1_000 };
  const alerts = Object.entries(alert ?? {}).map(([name, heard]) => [name, { ...heard, ...forSeconds }]);
  return {
    ...(await destinationOf(flags, io)),
    ...(alerts.length > 0 && { alerts: Object.fromEntries(alerts) }),
    filter: { environment, artifact, kind, deployment },
    ...(most !== undefined && { limit: { messages: most } }),
  };
}

async function destinationOf(flags: ChannelFlags, io: Io): Promise<object> {
  const { webhook, header, slack, email, smtp, from, tls, user, passwordFile, untrusted } = flags;
  if ([webhook, slack, email].filter((one) => one !== undefined).length !== 1) {
    throw new CliError(EXIT.usage, "a channel needs one of --webhook, --slack and --email");
  }
  if (webhook !== undefined) return { type: "webhook", url: webhook, headers: header };
  if (slack !== undefined) return { type: "slack", url: slack };
  const [, host, port] = /^(.+?)(?::(\d+))?$/.exec(smtp ?? "") ?? [];
  if (host === undefined || from === undefined) throw new CliError(EXIT.usage, "--email needs --smtp and --from");
  const password = passwordFile === undefined ? undefined : (await readSource(passwordFile, io)).trimEnd();
  const where = { host, port: port === undefined ? undefined : Number(port), tls, from, to: email };
  return { type: "email", ...where, user, password, ...(untrusted && { rejectUnauthorized: false }) };
}
