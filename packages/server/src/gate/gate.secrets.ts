import { type GateCondition, type GateSpec, HIDDEN, invalidField } from "@sluice/core";

/** The specification as every answer, event and audit entry shows it: a header of a webhook may be a password. */
export const withoutSecrets = (spec: GateSpec): GateSpec => withHeaders(spec, () => HIDDEN);

/**
 * The specification with hidden values as they are stored, so that what a GET answers can be put back. A hidden value
 * stands for that of the same header for the same address: it never goes anywhere else. Throws `invalid_argument` for one
 * that stands for nothing.
 */
export function withSecrets(spec: GateSpec, stored: GateSpec | null): GateSpec {
  const known = new Map<string, string>();
  for (const { webhook } of webhooksOf(stored)) {
    for (const [name, value] of Object.entries(webhook.headers)) known.set(keyOf(webhook.url, name), value);
  }
  return withHeaders(spec, (name, value, url, at) => {
    if (value !== HIDDEN) return value;
    const kept = known.get(keyOf(url, name));
    if (kept !== undefined) return kept;
    throw invalidField(
      `conditions[${at}].webhook.headers.${name}`,
      value,
      "the header's value; none is stored for this address",
    );
  });
}

const keyOf = (url: string, name: string): string => `${url}\n${name.toLowerCase()}`;

type WithWebhook = Extract<GateCondition, { type: "custom" }> & {
  webhook: { url: string; headers: Record<string, string> };
};

const webhooksOf = (spec: GateSpec | null): WithWebhook[] =>
  (spec?.conditions ?? []).filter(
    (condition): condition is WithWebhook => condition.type === "custom" && condition.webhook !== undefined,
  );

type HeaderValue = (name: string, value: string, url: string, at: number) => string;

const withHeaders = (spec: GateSpec, shownAs: HeaderValue): GateSpec => ({
  ...spec,
  conditions: spec.conditions.map((condition, at) => {
    if (condition.type !== "custom" || condition.webhook === undefined) return condition;
    const { url, headers } = condition.webhook;
    const entries = Object.entries(headers).map(([name, value]) => [name, shownAs(name, value, url, at)]);
    return { ...condition, webhook: { ...condition.webhook, headers: Object.fromEntries(entries) } };
  }),
});
