import { HIDDEN, hideValues, type Integration, invalidField, shownAddress } from "@sluice/core";
import { z } from "zod";
import type { Sealer } from "../secret/seal.ts";

/** What of an integration only the sender of its messages reads. */
const integrationSecretsSchema = z.object({
  url: z.string().optional(),
  headers: z.record(z.string(), z.string()).optional(),
  signing: z.array(z.string()).optional(),
});

export type IntegrationSecrets = z.infer<typeof integrationSecretsSchema>;

const aboutIntegration = (id: string): string => `what is secret of integration ${id}`;

export const sealIntegration = (sealer: Sealer, id: string, secrets: IntegrationSecrets): string =>
  sealer.seal(JSON.stringify(secrets), aboutIntegration(id));

/** Throws `failed_precondition` for what was sealed with another key. */
export const openIntegration = (sealer: Sealer, { id, sealed }: { id: string; sealed: string }): IntegrationSecrets =>
  integrationSecretsSchema.parse(JSON.parse(sealer.open(sealed, aboutIntegration(id))));

/** The integration as it may be shown, and what is kept apart from it. */
export function splitIntegration(full: Integration): { spec: Integration; secrets: IntegrationSecrets } {
  const { webhook } = full;
  if (webhook === null) return { spec: full, secrets: {} };
  const { url, headers } = webhook;
  const shown = { ...webhook, url: shownAddress(url), headers: hideValues(headers) };
  return { spec: { ...full, webhook: shown }, secrets: { url, headers } };
}

/** The integration as it is used. */
export function joinIntegration(spec: Integration, { url, headers = {} }: IntegrationSecrets): Integration {
  const { webhook } = spec;
  return webhook === null ? spec : { ...spec, webhook: { ...webhook, url: url ?? webhook.url, headers } };
}

/** What is hidden as it is stored for the same address. Throws `invalid_argument` for what stands for nothing. */
export function withStoredIntegration(spec: Integration, stored: Integration | null): Integration {
  const { webhook } = spec;
  if (webhook === null) return spec;
  const known = stored?.webhook ?? null;
  const url = known !== null && shownAddress(known.url) === webhook.url ? known.url : webhook.url;
  if (url.includes(HIDDEN)) throw invalidField("webhook.url", webhook.url, "the whole address; none is stored for it");
  const kept = known?.url === url ? known.headers : {};
  const headers = Object.entries(webhook.headers).map(([name, value]) => {
    if (value !== HIDDEN) return [name, value];
    const before = kept[name];
    if (before !== undefined) return [name, before];
    throw invalidField(`webhook.headers.${name}`, value, "the header's value; none is stored for this address");
  });
  return { ...spec, webhook: { ...webhook, url, headers: Object.fromEntries(headers) } };
}
