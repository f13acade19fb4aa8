import { type Gate, ok } from "@sluice/client";
import { diff, gateSchema, HIDDEN } from "@sluice/core";
import type { Session } from "../session.ts";
import { type Change, orNull, toBody, unchanged } from "./change.ts";
import type { ResourceOf } from "./schema.ts";

/**
 * Values of headers cannot be compared, since the server does not show them: a gate that has some is written again, which
 * changes nothing where they are the same.
 */
export async function inspectGate({ client, scope }: Session, gate: ResourceOf<"Gate">): Promise<Change> {
  const { kind: _kind, name, project, artifactKind, ...rest } = gate;
  const spec = { ...rest, kind: artifactKind };
  const params = { path: { name }, query: project === undefined ? scope : { project } };
  const present = await orNull(ok(client.http.GET("/v1/gates/{name}", { params })));
  const apply = async () => {
    await ok(client.http.PUT("/v1/gates/{name}", { params, body: toBody(spec) }));
    return null;
  };
  if (present === null) return { action: "create", differences: [], apply };
  const differences = diff(specOf(present), withoutValues(spec));
  if (differences.length > 0) return { action: "update", differences, apply };
  return hasHeaders(spec) ? { ...unchanged, apply } : unchanged;
}

type Spec = ReturnType<typeof specOf>;

function specOf({ name: _name, project: _project, createdAt: _created, updatedAt: _updated, ...spec }: Gate) {
  return gateSchema.parse(spec);
}

const hasHeaders = ({ conditions }: Spec): boolean =>
  conditions.some(
    (condition) => condition.type === "custom" && Object.keys(condition.webhook?.headers ?? {}).length > 0,
  );

const withoutValues = (spec: Spec): Spec => ({
  ...spec,
  conditions: spec.conditions.map((condition) => {
    if (condition.type !== "custom" || condition.webhook === undefined) return condition;
    const headers = Object.fromEntries(Object.keys(condition.webhook.headers).map((name) => [name, HIDDEN]));
    return { ...condition, webhook: { ...condition.webhook, headers } };
  }),
});
