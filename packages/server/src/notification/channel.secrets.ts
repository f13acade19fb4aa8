import { type Channel, HIDDEN, hideValues, invalidField, shownAddress } from "@sluice/core";
import { z } from "zod";
import { originOf } from "../metric/bounded.request.ts";
import type { Sealer } from "../secret/seal.ts";

/** What of a channel only its sender reads. */
const channelSecretsSchema = z.object({
  url: z.string().optional(),
  headers: z.record(z.string(), z.string()).optional(),
  password: z.string().optional(),
  /** Keys of Standard Webhooks. The first is in use; the second signs as well until `oldUntil`. */
  signing: z.array(z.string()).optional(),
  oldUntil: z.number().optional(),
});

export type ChannelSecrets = z.infer<typeof channelSecretsSchema>;

const aboutChannel = (id: string): string => `what is secret of notification channel ${id}`;

export const sealChannel = (sealer: Sealer, id: string, secrets: ChannelSecrets): string =>
  sealer.seal(JSON.stringify(secrets), aboutChannel(id));

/** Throws `failed_precondition` for what was sealed with another key. */
export const openChannel = (sealer: Sealer, { id, sealed }: { id: string; sealed: string }): ChannelSecrets =>
  channelSecretsSchema.parse(JSON.parse(sealer.open(sealed, aboutChannel(id))));

/** The channel as every answer, event and audit entry shows it, and what is kept apart from it. */
export function splitChannel(channel: Channel): { spec: Channel; secrets: ChannelSecrets } {
  switch (channel.type) {
    case "webhook": {
      const { url, headers } = channel;
      return { spec: { ...channel, url: shownAddress(url), headers: hideValues(headers) }, secrets: { url, headers } };
    }
    case "slack":
      return { spec: { ...channel, url: shownWebhook(channel.url) }, secrets: { url: channel.url } };
    case "email": {
      const { password } = channel;
      return password === null
        ? { spec: channel, secrets: {} }
        : { spec: { ...channel, password: HIDDEN }, secrets: { password } };
    }
  }
}

/** The channel as it is used. */
export function joinChannel(spec: Channel, { url, headers, password }: ChannelSecrets): Channel {
  switch (spec.type) {
    case "webhook":
      return { ...spec, url: url ?? spec.url, headers: headers ?? {} };
    case "slack":
      return { ...spec, url: url ?? spec.url };
    case "email":
      return { ...spec, password: password ?? null };
  }
}

/** Whoever has the path of a chat's webhook may write there: only its host is shown. */
const shownWebhook = (url: string): string => `${originOf(url)}/${HIDDEN}`;

/**
 * The channel with what is hidden as it is stored, so that what a GET answers can be put back. A hidden value stands for the stored
 * one of the same address, or the same mail server and user: it never goes anywhere else. Throws `invalid_argument` for one that
 * stands for nothing.
 */
export function withStored(channel: Channel, stored: Channel | null): Channel {
  switch (channel.type) {
    case "webhook": {
      const known = stored?.type === "webhook" ? stored : null;
      const url = known !== null && shownAddress(known.url) === channel.url ? known.url : channel.url;
      if (url.includes(HIDDEN)) throw invalidField("url", channel.url, "the whole address; none is stored for it");
      const kept = new Map(
        known?.url === url ? Object.entries(known.headers).map(([name, value]) => [name.toLowerCase(), value]) : [],
      );
      const headers = Object.entries(channel.headers).map(([name, value]) => {
        if (value !== HIDDEN) return [name, value];
        const before = kept.get(name.toLowerCase());
        if (before !== undefined) return [name, before];
        throw invalidField(`headers.${name}`, value, "the header's value; none is stored for this address");
      });
      return { ...channel, url, headers: Object.fromEntries(headers) };
    }
    case "slack": {
      if (!channel.url.includes(HIDDEN)) return channel;
      if (stored?.type === "slack" && shownWebhook(stored.url) === channel.url) return { ...channel, url: stored.url };
      throw invalidField("url", channel.url, "the whole address; none is stored for it");
    }
    case "email": {
      if (channel.password !== HIDDEN) return channel;
      const same =
        stored?.type === "email" &&
        stored.host === channel.host &&
        stored.port === channel.port &&
        stored.user === channel.user;
      if (same && stored.password !== null) return { ...channel, password: stored.password };
      throw invalidField("password", HIDDEN, "the password; none is stored for this server and user");
    }
  }
}

/** The text without any of the secrets that may have been repeated in it. */
export const without = (text: string, secrets: readonly string[]): string =>
  secrets.filter((secret) => secret.length >= 4).reduce((rest, secret) => rest.replaceAll(secret, HIDDEN), text);
