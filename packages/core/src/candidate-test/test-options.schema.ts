import { z } from "zod";
import { jsonSchema } from "../json.ts";
import { jsonPathSchema } from "../json-path.schema.ts";
import { compileJsonSchema } from "../json-schema.ts";
import { succeeds } from "../succeeds.ts";

const headers = z.record(
  z.string().regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,255}$/, "a header name of at most 255 characters"),
  z
    .string()
    .max(8_192)
    .regex(/^[^\r\n\0]*$/, "a header value without line ends"),
);
const path = z
  .string()
  .startsWith("/")
  .max(2_048)
  .regex(/^[\x21-\x7e]*$/, "a path of printable ASCII without spaces (percent-encode the rest)");

const regularExpression = z
  .string()
  .max(1_024)
  .refine((pattern) => succeeds(() => new RegExp(pattern, "m")), "a regular expression of JavaScript (flag m)");
const checkedSchema = z
  .record(z.string(), jsonSchema)
  .refine(
    (schema) => succeeds(() => compileJsonSchema(schema)),
    "a JSON schema (draft 2020-12, or draft-07 by `$schema`)",
  );

/** One request to the candidate and what its answer must be. Every expectation that is given must hold. */
const functionalTestSchema = z.strictObject({
  name: z.string().min(1).max(255),
  request: z.strictObject({
    method: z.enum(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]).default("GET"),
    path,
    headers: headers.default({}),
    /** A string is sent as it is; anything else as JSON. */
    body: jsonSchema.optional(),
  }),
  expect: z
    .strictObject({
      status: z.number().int().min(100).max(599).default(200),
      headers: headers.optional(),
      bodyContains: z.string().max(65_536).optional(),
      bodyMatches: regularExpression.optional().describe("A regular expression (flag m)."),
      /** JSONPath (RFC 9535) to a value that must be there; of several matches one must be equal. */
      json: z.record(jsonPathSchema, jsonSchema).optional(),
      jsonSchema: checkedSchema.optional(),
      /** Milliseconds until the whole answer is there. */
      maxMs: z.number().min(1).max(600_000).optional(),
    })
    .prefault({}),
});

/** Ratings of vulnerabilities, mildest first. */
export const VULNERABILITY_SEVERITIES = ["low", "medium", "high", "critical"] as const;
export type VulnerabilitySeverity = (typeof VULNERABILITY_SEVERITIES)[number];

/** What the security test is told about the candidate; what is not declared is skipped, and says so. */
const securitySchema = z
  .strictObject({
    /** A path that must refuse callers without credentials, and with wrong ones (401 or 403). */
    protectedPath: path.nullable().default(null),
    /** A path that must refuse the low-privilege token (403), and the header that carries that token. */
    privilegedPath: path.nullable().default(null),
    lowPrivilegeHeaders: headers.nullable().default(null),
    /** Who encrypts: the program itself, a mesh around it, or nobody, which fails the check. */
    tls: z.enum(["terminated-by-gateway", "mesh", "native", "none"]).default("terminated-by-gateway"),
    requiredHeaders: z.array(z.string().min(1).max(255)).max(50).default(["x-content-type-options"]),
    maxBodyBytes: z.number().int().min(1).max(1_073_741_824).default(10_485_760),
    /** A path whose call must leave a line in the log that matches `auditPattern`. */
    auditPath: path.nullable().default(null),
    auditPattern: regularExpression.nullable().default(null),
    /** Known vulnerabilities of this severity or worse fail. One that nobody has rated counts as high. */
    failOn: z.enum(VULNERABILITY_SEVERITIES).default("high"),
    /** Fail, instead of skipping, when the version has no SBOM or the server no OSV folder to look it up in. */
    requireDependencyCheck: z.boolean().default(false),
  })
  .refine((security) => (security.privilegedPath === null) === (security.lowPrivilegeHeaders === null), {
    message: "given together with `privilegedPath`, or neither",
    path: ["lowPrivilegeHeaders"],
  })
  .refine((security) => (security.auditPath === null) === (security.auditPattern === null), {
    message: "given together with `auditPath`, or neither",
    path: ["auditPattern"],
  });

/** Tests that run against the candidate itself before it gets traffic (phase `testing`). */
export const testOptionsSchema = z.strictObject({
  functional: z.array(functionalTestSchema).max(200).default([]),
  performanceTest: z.boolean().default(false),
  loadTest: z.boolean().default(false),
  securityTest: z.boolean().default(false),
  /** What performance and load tests ask for. */
  request: functionalTestSchema.shape.request.prefault({ path: "/" }),
  concurrentUsers: z.number().int().min(1).max(10_000).default(50),
  /** Seconds, of each of performance and load. */
  testDuration: z.number().int().min(1).max(3_600).default(120),
  /** Seconds: the 95th percentile must not be above. */
  responseTimeThreshold: z.number().gt(0).max(600).default(2.0),
  /** Share of answers below status 500 and in time, 0 to 1. */
  successRateThreshold: z.number().min(0).max(1).default(0.95),
  /** Requests a second that the performance test must reach; null: any. */
  throughputThreshold: z.number().gt(0).nullable().default(null),
  security: securitySchema.prefault({}),
});

export type TestOptions = z.infer<typeof testOptionsSchema>;
export type FunctionalTest = z.infer<typeof functionalTestSchema>;
export type SecurityOptions = z.infer<typeof securitySchema>;
