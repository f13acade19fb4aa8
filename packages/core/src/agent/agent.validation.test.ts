import { expect, test } from "vitest";
import type { Severity, ValidationResult } from "../rollout/validation.ts";
import { AGENT_VALIDATIONS, agentValidations } from "./agent.validation.ts";

const result = (type: string, passed = true, severity: Severity = "critical"): ValidationResult => ({
  name: `${type}-check`,
  type,
  severity,
  passed,
  message: `${type} was looked at`,
  executionMs: 5,
  at: 1_000,
});
const production = { environment: "production", level: "strict" as const };

test("five validations, each with its printed name, severity and words when all is well", () => {
  const all = ["artifact", "environment", "dependency", "security", "quota"].map((type) => result(type));
  expect(AGENT_VALIDATIONS).toHaveLength(5);
  expect(agentValidations(all, production)).toMatchObject([
    {
      name: "agent_status_validation",
      type: "existence_validation",
      severity: "critical",
      message: "Agent status: ready",
    },
    { name: "environment_validation", severity: "high", message: "Environment 'production' validation passed" },
    { name: "service_dependency_validation", severity: "high", message: "Service dependencies validated successfully" },
    { name: "security_validation", severity: "high", message: "Security validation passed for production" },
    { name: "resource_validation", severity: "medium", message: "Resource requirements validated for production" },
  ]);
});

test("before anything was checked there is nothing to tell", () => {
  expect(agentValidations([], production)).toEqual([]);
});

test("a failure says which check it was, and has its severity", () => {
  const [status, , , , resources] = agentValidations(
    [result("artifact"), result("quota", false, "critical"), result("quota", false, "medium")],
    production,
  );
  expect(status).toMatchObject({ passed: true });
  expect(resources).toMatchObject({ passed: false, severity: "critical", executionMs: 10 });
  expect(resources?.message).toContain("quota-check: quota was looked at");
  expect(resources?.checks).toHaveLength(2);
});

test("advice of low severity fails nothing and is told", () => {
  const [, , , security] = agentValidations([result("security", false, "low")], production);
  expect(security).toMatchObject({ passed: true, severity: "high" });
  expect(security?.message).toContain("advice: security was looked at");
});

test("a failure that an environment's level lets pass says so", () => {
  const [, , , security] = agentValidations([result("security", false, "high")], {
    environment: "development",
    level: "basic",
  });
  expect(security).toMatchObject({ passed: false, severity: "high" });
  expect(security?.message).toContain("goes on");
});

test("a check of a kind that is not known yet counts for the environment", () => {
  const [, environment] = agentValidations([result("astrology", false, "high")], production);
  expect(environment).toMatchObject({ passed: false });
});
