import { FAILURE_EFFECTS, type Severity, type ValidationLevel, type ValidationResult } from "../rollout/validation.ts";
import type { Instant } from "../time.ts";

/** One of the five validations of an agent: what several checks found, told as one. */
export interface AgentValidation {
  name: string;
  type: string;
  severity: Severity;
  passed: boolean;
  message: string;
  executionMs: number;
  at: Instant;
  checks: readonly ValidationResult[];
}

interface Group {
  name: string;
  type: string;
  /** While nothing of it has failed. */
  severity: Severity;
  /** Types of the checks that belong to it. */
  of: readonly string[];
  passed: (where: string) => string;
}

/** A check of a type that no group names belongs to the environment's. */
const GROUPS: readonly Group[] = [
  {
    name: "agent_status_validation",
    type: "existence_validation",
    severity: "critical",
    of: ["artifact", "filesystem"],
    passed: () => "Agent status: ready",
  },
  {
    name: "environment_validation",
    type: "environment_validation",
    severity: "high",
    of: ["environment", "policy", "network", "configuration"],
    passed: (where) => `Environment '${where}' validation passed`,
  },
  {
    name: "service_dependency_validation",
    type: "dependency_validation",
    severity: "high",
    of: ["dependency"],
    passed: () => "Service dependencies validated successfully",
  },
  {
    name: "security_validation",
    type: "security_validation",
    severity: "high",
    of: ["security"],
    passed: (where) => `Security validation passed for ${where}`,
  },
  {
    name: "resource_validation",
    type: "resource_validation",
    severity: "medium",
    of: ["quota"],
    passed: (where) => `Resource requirements validated for ${where}`,
  },
];

export const AGENT_VALIDATIONS = GROUPS.map(({ name }) => name);

const REST = 1;

const GRAVITY: readonly Severity[] = ["info", "low", "medium", "high", "critical"];

/**
 * The five validations, in their order, of the checks that were run; none before they were. A failure has the severity of its
 * gravest check, and so tells what it does in an environment of that level. Advice (`low`, `info`) fails nothing.
 */
export function agentValidations(
  results: readonly ValidationResult[],
  { environment, level }: { environment: string; level: ValidationLevel },
): AgentValidation[] {
  const begun = results[0];
  if (begun === undefined) return [];
  return GROUPS.map((group, index) => {
    const checks = results.filter(({ type }) => groupOf(type) === index);
    const failed = checks.filter(({ passed, severity }) => !passed && isGrave(severity));
    const advice = checks.filter(({ passed, severity }) => !passed && !isGrave(severity));
    return {
      name: group.name,
      type: group.type,
      severity: failed.map(({ severity }) => severity).reduce(graver, failed.length === 0 ? group.severity : "info"),
      passed: failed.length === 0,
      message: messageOf(group, { failed, advice, environment, level }),
      executionMs: checks.reduce((sum, { executionMs }) => sum + executionMs, 0),
      at: checks.reduce((first, { at }) => Math.min(first, at), checks[0]?.at ?? begun.at),
      checks,
    };
  });
}

const isGrave = (severity: Severity): boolean => severity !== "low" && severity !== "info";

const graver = (left: Severity, right: Severity): Severity =>
  GRAVITY.indexOf(right) > GRAVITY.indexOf(left) ? right : left;

function groupOf(type: string): number {
  const index = GROUPS.findIndex(({ of }) => of.includes(type));
  return index === -1 ? REST : index;
}

interface Found {
  failed: readonly ValidationResult[];
  advice: readonly ValidationResult[];
  environment: string;
  level: ValidationLevel;
}

function messageOf(group: Group, { failed, advice, environment, level }: Found): string {
  const hints = advice.map(({ message }) => `advice: ${message}`);
  if (failed.length === 0) return [group.passed(environment), ...hints].join("; ");
  const told = failed.map(({ name, message, severity }) => {
    const goesOn = FAILURE_EFFECTS[level][severity] === "tell" ? " (goes on: see the environment's level)" : "";
    return `${name}: ${message}${goesOn}`;
  });
  return [...told, ...hints].join("; ");
}
