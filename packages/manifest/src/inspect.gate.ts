import { type Gate, ok } from "@sluice/client";
import { diff, type GateWebhook, gateSchema, hideValues, type ResourceOf, shownAddress } from "@sluice/core";
import { type Change, orNull, type Server, toBody, unchanged } from "./change.ts";

/**
 * Values of headers and queries of addresses cannot be compared, since the server does not show them: a gate that has some is
 * written again, which changes nothing where they are the same.
 */
export async function inspectGate({ client, scope }: Server, gate: ResourceOf<"Gate">): Promise<Change> {
  const { kind: _kind, name, project, artifactKind, ...rest } = gate;
  const spec = { ...rest, kind: artifactKind };
  const params = { path: { name }, query: project === undefined ? scope : { project } };
  const present = await orNull(ok(client.http.GET("/v1/gates/{name}", { params })));
  const apply = async () => {
    await ok(client.http.PUT("/v1/gates/{name}", { params, body: toBody(spec) }));
    return null;
  };
  if (present === null) return { action: "create", differences: [], apply };
  const differences = diff(specOf(present), withoutSecrets(spec));
  if (differences.length > 0) return { action: "update", differences, apply };
  return hasSecrets(spec) ? { ...unchanged, apply } : unchanged;
}

type Spec = ReturnType<typeof specOf>;

function specOf({ name: _name, project: _project, createdAt: _created, updatedAt: _updated, ...spec }: Gate) {
  return gateSchema.parse(spec);
}

const webhooksOf = ({ conditions }: Spec): GateWebhook[] =>
  conditions.flatMap((condition) =>
    condition.type === "custom" && condition.webhook !== undefined ? [condition.webhook] : [],
  );

const hasSecrets = (spec: Spec): boolean =>
  webhooksOf(spec).some(({ url, headers }) => Object.keys(headers).length > 0 || shownAddress(url) !== url);

const withoutSecrets = (spec: Spec): Spec => ({
  ...spec,
  conditions: spec.conditions.map((condition) => {
    if (condition.type !== "custom" || condition.webhook === undefined) return condition;
    const { webhook } = condition;
    return {
      ...condition,
      webhook: { ...webhook, url: shownAddress(webhook.url), headers: hideValues(webhook.headers) },
    };
  }),
});
