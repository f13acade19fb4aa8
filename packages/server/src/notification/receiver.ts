import { randomBytes } from "node:crypto";
import {
  type Channel,
  CLOUD_EVENT_TYPE,
  cloudEventOf,
  type Instant,
  type Message,
  mailOf,
  type Outcome,
  slackMessageOf,
} from "@sluice/core";
import { Webhook } from "standardwebhooks";
import { without } from "./channel.secrets.ts";
import { post } from "./transport.http.ts";
import { sendMail } from "./transport.mail.ts";

/** Where a message goes, with everything that is needed to send it there. */
export type Receiver =
  | { type: "webhook"; url: string; headers: Record<string, string>; timeoutSeconds: number; signing: SigningKeys }
  | Exclude<Channel, { type: "webhook" }>;

export interface SigningKeys {
  /** Keys of Standard Webhooks, the one in use first. */
  keys: readonly string[];
  /** Until when those after the first sign as well. */
  oldUntil: Instant;
}

/** How long the key before a rotation goes on signing, so that receivers can change theirs. Milliseconds. */
export const KEY_OVERLAP_MS = 86_400_000;

export const newSigningKey = (): string => `whsec_${randomBytes(32).toString("base64")}`;

/** One attempt, under the delivery's id: the same for each repetition. Throws only when `signal` is aborted. */
export async function sendTo(
  receiver: Receiver,
  id: string,
  message: Message,
  now: () => Instant,
  signal: AbortSignal,
): Promise<Outcome> {
  switch (receiver.type) {
    case "webhook":
      return sendWebhook(receiver, id, message, now, signal);
    case "slack": {
      if (message.kind !== "notice") return notForPeople;
      const body = JSON.stringify(slackMessageOf(message.notice));
      const { url, timeoutSeconds } = receiver;
      const headers = { "content-type": "application/json; charset=utf-8" };
      const outcome = await post({ url, headers, body, timeoutSeconds, signal }, now);
      return { ...outcome, reason: without(outcome.reason, [url, new URL(url).pathname]) };
    }
    case "email": {
      if (message.kind !== "notice") return notForPeople;
      const outcome = await sendMail(receiver, mailOf(id, message.notice), signal);
      return { ...outcome, reason: without(outcome.reason, [receiver.password ?? ""]) };
    }
  }
}

/** What of an address may be a secret: its query, as a whole and value by value. */
function secretsOf(url: string): string[] {
  const { search, searchParams } = new URL(url);
  return [search, ...searchParams.values()];
}

const notForPeople: Outcome = { type: "refused", reason: "registrations go to webhooks only" };

async function sendWebhook(
  { url, headers, timeoutSeconds, signing }: Extract<Receiver, { type: "webhook" }>,
  id: string,
  message: Message,
  now: () => Instant,
  signal: AbortSignal,
): Promise<Outcome> {
  const body = JSON.stringify(cloudEventOf(id, message));
  const at = new Date(now());
  const keys = at.getTime() < signing.oldUntil ? signing.keys : signing.keys.slice(0, 1);
  const signed = {
    ...headers,
    "content-type": CLOUD_EVENT_TYPE,
    "webhook-id": id,
    "webhook-timestamp": String(Math.floor(at.getTime() / 1_000)),
    "webhook-signature": keys.map((key) => new Webhook(key).sign(id, at, body)).join(" "),
  };
  const outcome = await post({ url, headers: signed, body, timeoutSeconds, signal }, now);
  return { ...outcome, reason: without(outcome.reason, [...Object.values(headers), ...secretsOf(url)]) };
}
