import { jsonOrText } from "./parameters.ts";
import { newKey, numberOf, share } from "./text.ts";
import type { Tests } from "./types.ts";

export const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] as const;

export interface FunctionalDraft {
  /** Tells tests apart while they are written; no part of what is sent. */
  key: string;
  name: string;
  method: (typeof METHODS)[number];
  path: string;
  /** JSON, or text where it is none; empty: no body. */
  body: string;
  status: string;
  contains: string;
  /** Milliseconds; empty: as long as it takes. */
  within: string;
}

export const newTest = (name: string): FunctionalDraft => ({
  key: newKey(),
  name,
  method: "GET",
  path: "/",
  body: "",
  status: "200",
  contains: "",
  within: "",
});

/** What the candidate has to pass before it gets callers, as it is written. */
export interface TestsDraft {
  functional: readonly FunctionalDraft[];
  performance: boolean;
  load: boolean;
  security: boolean;
  /** What performance and load tests ask for. */
  path: string;
  users: string;
  seconds: string;
  /** Seconds that the 95th percentile may take. */
  slowest: string;
  /** Percent of the answers that have to be well. */
  success: string;
  /** Requests a second that the performance test has to reach; empty: any. */
  throughput: string;
}

export const NO_TESTS: TestsDraft = {
  functional: [],
  performance: false,
  load: false,
  security: false,
  path: "/",
  users: "50",
  seconds: "120",
  slowest: "2",
  success: "95",
  throughput: "",
};

/** As the API takes it; undefined: nothing is tested. */
export function testsOf({ functional, performance, load, security, ...put }: TestsDraft): Tests | undefined {
  const pushes = performance || load;
  if (functional.length === 0 && !pushes && !security) return undefined;
  return {
    ...(functional.length > 0 && {
      functional: functional.map(({ name, method, path, body, status, contains, within }) => ({
        name: name.trim(),
        request: {
          ...(method !== "GET" && { method }),
          path: path.trim(),
          ...(body.trim() !== "" && { body: jsonOrText(body) }),
        },
        expect: {
          status: numberOf(status),
          ...(contains !== "" && { bodyContains: contains }),
          ...(within.trim() !== "" && { maxMs: numberOf(within) }),
        },
      })),
    }),
    ...(performance && { performanceTest: true }),
    ...(load && { loadTest: true }),
    ...(security && { securityTest: true }),
    ...(pushes && {
      request: { path: put.path.trim() },
      concurrentUsers: numberOf(put.users),
      testDuration: numberOf(put.seconds),
      responseTimeThreshold: numberOf(put.slowest),
      ...(put.success !== NO_TESTS.success && { successRateThreshold: share(put.success) }),
      ...(put.throughput.trim() !== "" && { throughputThreshold: numberOf(put.throughput) }),
    }),
  };
}
