import type { PlaneAbilities } from "@sluice/core";
import { z } from "zod";
import type { KubeClient } from "../../client/client.ts";
import { toSluiceError } from "../../client/failure.ts";

/** Where every API server tells of its kinds' fields, to everybody who may ask it anything. */
const PATH = "/openapi/v3/apis/gateway.networking.k8s.io/v1";

const NOTHING: PlaneAbilities = { sessionPersistence: false, mirrorShare: false };

const fields = z.record(z.string(), z.unknown());
const has = <T extends z.ZodType>(schema: T) => z.object({ properties: schema });
const items = <T extends z.ZodType>(schema: T) => z.object({ items: schema });

const routeSchema = has(
  z.object({
    spec: has(
      z.object({
        rules: items(
          has(
            z.object({
              // Absent in the standard channel.
              sessionPersistence: z.unknown().optional(),
              filters: items(has(z.object({ requestMirror: has(fields) }))),
            }),
          ),
        ),
      }),
    ),
  }),
);
const documentSchema = z.object({ components: z.object({ schemas: fields }) });

/** What the cluster's HTTPRoute has, by its own description; what is not described is not there. */
export async function readAbilities(client: KubeClient): Promise<PlaneAbilities> {
  const answer = await client.json<unknown>(PATH).catch((error: unknown) => {
    throw toSluiceError(error, PATH);
  });
  return abilitiesIn(answer);
}

export function abilitiesIn(document: unknown): PlaneAbilities {
  const described = documentSchema.safeParse(document);
  if (!described.success) return NOTHING;
  const [, route] =
    Object.entries(described.data.components.schemas).find(([name]) => name.endsWith(".v1.HTTPRoute")) ?? [];
  const parsed = routeSchema.safeParse(route);
  if (!parsed.success) return NOTHING;
  const { sessionPersistence, filters } = parsed.data.properties.spec.properties.rules.items.properties;
  return {
    sessionPersistence: sessionPersistence !== undefined,
    mirrorShare: "fraction" in filters.items.properties.requestMirror.properties,
  };
}
