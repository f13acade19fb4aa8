import { expect, test } from "vitest";
import { PLAIN_ENVIRONMENT } from "./environment.testing.ts";
import { rulesOf } from "./rules.ts";

const words = (environment: typeof PLAIN_ENVIRONMENT): Record<string, string> =>
  Object.fromEntries(rulesOf(environment).map((rule) => [rule.about, rule.words]));

test("an environment without rules says so, and is silent of what it does not have", () => {
  expect(words(PLAIN_ENVIRONMENT)).toEqual({
    Approvals: "Nobody is asked",
    Freezes: "Rollouts begin at any time",
    Strategies: "Any",
    Checks: "Critical and high findings stop a rollout; others are told",
    "Agents are watched for": "Errors and answer times, for half a minute longer",
    Limits: "One instance: 2048 MB of memory, 2 cores, 100 GB of storage",
  });
});

test("every rule of a guarded environment is told", () => {
  const guarded = words({
    ...PLAIN_ENVIRONMENT,
    targets: [
      { type: "process", name: "near" },
      { type: "docker", name: "far", pullPolicy: "missing", isolation: "strict" },
    ],
    waves: [{ targets: ["near"], bakeSeconds: 60, maxParallel: null }],
    onWaveFailure: "rollback",
    protection: {
      requiredApprovals: 2,
      approvers: ["ada", "grace", "edsger"],
      approvalExpirySeconds: 7_200,
      fourEyes: true,
      freezeWindows: [{ schedule: "0 17 * * 5", durationMinutes: 60, timezone: "UTC" }],
      requireSuccessIn: "staging",
      allowedStrategies: ["canary", "blue-green"],
      regions: ["eu"],
    },
  });
  expect(guarded).toMatchObject({
    Approvals: "2 by ada, grace or edsger, not by who begins the rollout, given up after 2 h",
    Before: "The version has completed a rollout in staging",
    Freezes: "1 window in which none begins",
    Strategies: "Only canary and blue-green",
    Regions: "Only eu",
    Waves: "1 wave over 2 targets; all go back when one fails",
  });
});

test("several targets without waves are reached one after the other", () => {
  const targets = [
    { type: "process" as const, name: "near" },
    { type: "process" as const, name: "far" },
  ];
  expect(words({ ...PLAIN_ENVIRONMENT, targets }).Waves).toBe("One target after the other");
});
