import { type GateSpec, type GateWebhook, HIDDEN, hideValues, invalidField, shownAddress } from "@sluice/core";

/** The specification as every answer, event and audit entry shows it: a webhook's headers and query may hold a password. */
export const withoutSecrets = (spec: GateSpec): GateSpec =>
  withWebhooks(spec, (webhook) => ({
    ...webhook,
    url: shownAddress(webhook.url),
    headers: hideValues(webhook.headers),
  }));

/**
 * The specification with what is hidden as it is stored, so that what a GET answers can be put back. A hidden query stands for
 * that of the same path, a hidden value for that of the same header for the same address: neither ever goes anywhere else.
 * Throws `invalid_argument` for one that stands for nothing.
 */
export function withSecrets(spec: GateSpec, stored: GateSpec | null): GateSpec {
  const known = webhooksOf(stored);
  return withWebhooks(spec, (webhook, at) => {
    const field = `conditions[${at}].webhook`;
    const url = wholeAddress(webhook.url, known, `${field}.url`);
    const kept = new Map(known.filter((one) => one.url === url).flatMap(({ headers }) => lowerCase(headers)));
    const headers = Object.entries(webhook.headers).map(([name, value]) => {
      if (value !== HIDDEN) return [name, value];
      const before = kept.get(name.toLowerCase());
      if (before !== undefined) return [name, before];
      throw invalidField(`${field}.headers.${name}`, value, "the header's value; none is stored for this address");
    });
    return { ...webhook, url, headers: Object.fromEntries(headers) };
  });
}

function wholeAddress(url: string, known: readonly GateWebhook[], field: string): string {
  if (!url.endsWith(`?${HIDDEN}`)) return url;
  const [meant, other] = new Set(known.map((one) => one.url).filter((one) => shownAddress(one) === url));
  if (meant !== undefined && other === undefined) return meant;
  const why = meant === undefined ? "none is stored that this stands for" : "this stands for several that are stored";
  throw invalidField(field, url, `the whole address; ${why}`);
}

const lowerCase = (headers: Readonly<Record<string, string>>): [string, string][] =>
  Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]);

const webhooksOf = (spec: GateSpec | null): GateWebhook[] =>
  (spec?.conditions ?? []).flatMap((condition) =>
    condition.type === "custom" && condition.webhook !== undefined ? [condition.webhook] : [],
  );

const withWebhooks = (spec: GateSpec, change: (webhook: GateWebhook, at: number) => GateWebhook): GateSpec => ({
  ...spec,
  conditions: spec.conditions.map((condition, at) =>
    condition.type !== "custom" || condition.webhook === undefined
      ? condition
      : { ...condition, webhook: change(condition.webhook, at) },
  ),
});
