import {
  type GateCondition,
  type GateSpec,
  type GateWebhook,
  HIDDEN,
  hideValues,
  invalidField,
  shownAddress,
} from "@sluice/core";
import { z } from "zod";
import type { Sealer } from "../secret/seal.ts";
import type { StoredGate } from "./gate.store.ts";

/** What is kept apart of each condition; null for one without a webhook. */
const keptSchema = z.array(z.object({ url: z.string(), headers: z.record(z.string(), z.string()) }).nullable());

type GateKey = Pick<StoredGate, "project" | "name">;

const aboutGate = ({ project, name }: GateKey): string => `what is secret of gate ${name} of project ${project}`;

/** The gate as it is stored: what may be shown, and what is secret of its webhooks. */
export function sealGate(sealer: Sealer, key: GateKey, full: GateSpec): Pick<StoredGate, "spec" | "sealed"> {
  if (webhooksOf(full).length === 0) return { spec: full, sealed: null };
  const kept = full.conditions.map((condition) => {
    const webhook = webhookOf(condition);
    return webhook === null ? null : { url: webhook.url, headers: webhook.headers };
  });
  return { spec: withoutSecrets(full), sealed: sealer.seal(JSON.stringify(kept), aboutGate(key)) };
}

/** The specification with its secrets. Throws `failed_precondition` for what was sealed with another key. */
export function openGate(sealer: Sealer, gate: StoredGate): GateSpec {
  const kept = keptOf(sealer, gate);
  return withWebhooks(gate.spec, (webhook, at) => ({ ...webhook, ...kept[at] }));
}

/** The webhook of one of the gate's conditions as it is asked. Throws as `openGate` does. */
export const wholeWebhook = (
  sealer: Sealer,
  gate: StoredGate,
  condition: GateCondition,
  webhook: GateWebhook,
): GateWebhook => ({ ...webhook, ...keptOf(sealer, gate)[gate.spec.conditions.indexOf(condition)] });

const keptOf = (sealer: Sealer, gate: StoredGate): z.infer<typeof keptSchema> =>
  gate.sealed === null ? [] : keptSchema.parse(JSON.parse(sealer.open(gate.sealed, aboutGate(gate))));

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

const webhookOf = (condition: GateCondition): GateWebhook | null =>
  condition.type === "custom" ? (condition.webhook ?? null) : null;

const webhooksOf = (spec: GateSpec | null): GateWebhook[] =>
  (spec?.conditions ?? []).map(webhookOf).filter((webhook) => webhook !== null);

const withWebhooks = (spec: GateSpec, change: (webhook: GateWebhook, at: number) => GateWebhook): GateSpec => ({
  ...spec,
  conditions: spec.conditions.map((condition, at) =>
    condition.type !== "custom" || condition.webhook === undefined
      ? condition
      : { ...condition, webhook: change(condition.webhook, at) },
  ),
});
