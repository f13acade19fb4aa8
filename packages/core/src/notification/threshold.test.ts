import { describe, expect, test } from "vitest";
import { describeFigure, parseThreshold } from "./threshold.ts";

describe("a threshold", () => {
  test.each([
    ["response_time > 2.0s", "performance_degradation", { metric: "response_time", sign: ">", limit: 2_000 }],
    ["response_time_p99>=250ms", "performance_degradation", { metric: "response_time_p99", sign: ">=", limit: 250 }],
    ["error_rate > 1.5%", "performance_degradation", { metric: "error_rate", sign: ">", limit: 1.5 }],
    ["request_rate < 30/m", "performance_degradation", { metric: "request_rate", sign: "<", limit: 0.5 }],
    ["cpu_usage > 90%", "resource_exhaustion", { metric: "cpu_usage", sign: ">", limit: 90 }],
    ["  memory_usage <= 5 %  ", "resource_exhaustion", { metric: "memory_usage", sign: "<=", limit: 5 }],
  ] as const)("%s of %s is read", (text, alert, threshold) => {
    expect(parseThreshold(text, alert)).toEqual(threshold);
  });

  test.each([
    ["response_time > 2", "performance_degradation", "a number with one of the units ms, s, m for response_time"],
    ["response_time > 2%", "performance_degradation", "one of the units ms, s, m"],
    ["cpu_usage > 90%", "performance_degradation", "one of response_time, response_time_p50"],
    ["cpu_usage = 90%", "resource_exhaustion", "one of >= <= > <"],
    ["disk > 90%", "resource_exhaustion", "one of cpu_usage, memory_usage"],
    ["error_rate > 101%", "performance_degradation", "0% to 100%"],
    ["", "resource_exhaustion", "any_failure, or one of"],
    ["error_rate > 1%", "deployment_failure", "any_failure: no figure is watched for deployment_failure"],
    [`response_time > ${"9".repeat(100)}s`, "performance_degradation", "a number with one of"],
  ] as const)("%j of %s is refused with what is allowed", (text, alert, allowed) => {
    expect(parseThreshold(text, alert)).toEqual(expect.stringContaining(allowed));
  });

  test("shows its figures with their units", () => {
    expect(describeFigure("response_time", 2_310.4)).toBe("2.31 s");
    expect(describeFigure("response_time_p50", 87.66)).toBe("87.7 ms");
    expect(describeFigure("cpu_usage", 97.25)).toBe("97.3 %");
    expect(describeFigure("request_rate", 12.5)).toBe("12.5 /s");
  });
});
