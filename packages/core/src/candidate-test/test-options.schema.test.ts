import { expect, test } from "vitest";
import { SluiceError } from "../errors.ts";
import { parseField } from "../validate.ts";
import { testOptionsSchema } from "./test-options.schema.ts";

const refusal = (options: unknown): string => {
  try {
    parseField(testOptionsSchema, options, "strategy.tests");
  } catch (error) {
    if (error instanceof SluiceError) return error.message;
    throw error;
  }
  throw new Error("it was accepted");
};

const functional = (request: object, expectation: object = {}) => ({
  functional: [{ name: "t", request, expect: expectation }],
});

test("the defaults are those that are documented", () => {
  expect(testOptionsSchema.parse({})).toMatchObject({
    functional: [],
    performanceTest: false,
    loadTest: false,
    securityTest: false,
    concurrentUsers: 50,
    testDuration: 120,
    responseTimeThreshold: 2,
    successRateThreshold: 0.95,
    throughputThreshold: null,
    request: { method: "GET", path: "/" },
    security: { tls: "terminated-by-gateway", failOn: "high", requireDependencyCheck: false },
  });
});

test.each([
  [functional({ path: "no-slash" }), /functional\[0\]\.request\.path/],
  [functional({ path: "/with space" }), /printable ASCII/],
  [functional({ path: "/", headers: { "a b": "x" } }), /a header name/],
  [functional({ path: "/", headers: { a: "x\r\ny: z" } }), /without line ends/],
  [functional({ path: "/" }, { bodyMatches: "(" }), /expect\.bodyMatches is "\("; allowed: a regular expression/],
  [functional({ path: "/" }, { json: { "$.[": 1 } }), /a JSONPath of RFC 9535/],
  [functional({ path: "/" }, { jsonSchema: { type: "nonsense" } }), /a JSON schema/],
  [functional({ path: "/" }, { jsonSchema: { $ref: "#/nowhere" } }), /a JSON schema/],
  [{ successRateThreshold: 1.5 }, /successRateThreshold is 1.5; allowed: at most 1/],
  [{ concurrentUsers: 0 }, /concurrentUsers is 0; allowed: at least 1/],
  [{ testDuration: 3_601 }, /testDuration is 3601; allowed: at most 3600/],
  [{ security: { privilegedPath: "/admin" } }, /lowPrivilegeHeaders.*together with `privilegedPath`/],
  [{ security: { auditPath: "/pay" } }, /auditPattern.*together with `auditPath`/],
  [{ security: { failOn: "terrible" } }, /low, medium, high, critical/],
  [{ security: { sbom: true } }, /strategy\.tests\.security\.sbom/],
])("%j is refused with the field and what is allowed", (options, message) => {
  expect(refusal(options)).toMatch(message);
});
