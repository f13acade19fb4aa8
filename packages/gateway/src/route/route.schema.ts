import { FULL_WEIGHT, type RouteConfig } from "@sluice/core";
import { z } from "zod";

const id = z.string().min(1).max(200);
const revision = z.int().min(0);
const weight = z.int().min(0).max(FULL_WEIGHT);
const name = z.string().min(1).max(256);
const value = z.string().max(4_096);
const conditions = {
  headers: z.record(name.toLowerCase(), value).exactOptional(),
  cookies: z.record(name, value).exactOptional(),
};
const path = z
  .string()
  .max(1_024)
  .regex(/^\/[^?#\s]*$/, "a path that begins with '/'");
const cookieName = z.string().regex(/^[\w-]{1,64}$/, "letters, digits, '_' and '-', at most 64");

const metric = z.strictObject({
  name: z.enum(["error_rate", "latency"]),
  share: z.number().gt(0).max(1),
  margin: z.strictObject({ difference: z.number().min(0).lt(1), ratio: z.number().gt(0).max(1_000) }).exactOptional(),
  tolerance: z.number().min(0).max(100).exactOptional(),
  toleranceMs: z.number().min(0).max(100_000).exactOptional(),
  quantile: z.number().gt(0).lt(1).exactOptional(),
});

const guard = z.strictObject({
  hypothesis: id,
  stable: revision,
  candidate: revision,
  alpha: z.number().gt(0).lt(1),
  metrics: z.array(metric).max(2),
  closes: z.boolean(),
});

const split = z
  .array(z.strictObject({ revision, weight }))
  .min(1)
  .max(32)
  .refine((entries) => entries.reduce((sum, entry) => sum + entry.weight, 0) === FULL_WEIGHT, {
    message: `weights that add up to ${FULL_WEIGHT}`,
  })
  .refine((entries) => new Set(entries.map((entry) => entry.revision)).size === entries.length, {
    message: "each revision once",
  });

const backends = z
  .array(
    z.strictObject({
      revision,
      version: z.string(),
      endpoints: z
        .array(
          z.strictObject({
            id,
            host: z.string().regex(/^[\w.:-]{1,253}$/, "a host name or address"),
            port: z.int().min(1).max(65_535),
          }),
        )
        .max(1_000),
    }),
  )
  .max(32)
  .refine((entries) => new Set(entries.map((entry) => entry.revision)).size === entries.length, {
    message: "each revision once",
  });

/** A `RouteConfig` as the admin API takes it. Unknown fields are refused. */
export const routeConfigSchema = z.strictObject({
  id,
  project: z.string(),
  deployment: z.string(),
  epoch: z.int().min(0),
  match: z.strictObject({
    host: z
      .string()
      .regex(/^[a-z0-9.-]{1,253}$/, "a host name in lower case, without port")
      .exactOptional(),
    path,
    ...conditions,
  }),
  stripPrefix: z.boolean(),
  stickiness: z.discriminatedUnion("by", [
    z.strictObject({ by: z.literal("none") }),
    z.strictObject({ by: z.literal("cookie"), name: cookieName }),
    z.strictObject({ by: z.literal("header"), name: name.toLowerCase() }),
    z.strictObject({ by: z.literal("client") }),
  ]),
  timeouts: z.strictObject({
    connectMs: z.int().min(1).max(600_000),
    responseMs: z.int().min(1).max(3_600_000),
    idleMs: z.int().min(1).max(3_600_000),
  }),
  split,
  pins: z
    .array(z.strictObject({ revision, ...conditions, region: z.string().min(1).max(63).exactOptional() }))
    .max(100),
  mirror: z.strictObject({ revision, weight }).nullable(),
  backends,
  guard: guard.nullable(),
  regionHeader: z
    .string()
    .regex(/^[\w.-]{1,100}$/, "the name of a header")
    .toLowerCase()
    .exactOptional(),
  preview: z.strictObject({ path, revision }).nullable().exactOptional(),
  compare: z
    .strictObject({
      hypothesis: id,
      bodies: z.enum(["none", "exact", "json"]),
      ignore: z.array(z.string().startsWith("/").max(1_024)).max(100),
    })
    .nullable()
    .exactOptional(),
}) satisfies z.ZodType<RouteConfig>;
