import type { Deployment, DeploymentMetrics, Event, Rollout } from "@sluice/client";
import { configSchema, strategySchema } from "@sluice/core";

/** A canary of greeter from 1.0.0 to 1.1.0, in the middle of its second step. */
export const rollout = (overrides: Partial<Rollout> = {}): Rollout => ({
  id: "rol_1",
  project: "default",
  deployment: "dep_1",
  artifact: "greeter",
  environment: "production",
  fromRevision: 1,
  toRevision: 2,
  fromVersion: "1.0.0",
  toVersion: "1.1.0",
  phase: "shifting",
  paused: false,
  outcome: null,
  reason: null,
  strategy: JSON.parse(JSON.stringify(strategySchema.parse({ type: "canary" }))),
  steps: [
    {
      type: "setWeight",
      weight: 5,
      status: "done",
      startedAt: "2026-11-21T10:04:00.000Z",
      finishedAt: "2026-11-21T10:04:01.000Z",
    },
    { type: "analyze", seconds: 120, status: "running", startedAt: "2026-11-21T10:04:01.000Z", finishedAt: null },
    { type: "setWeight", weight: 100, status: "pending", startedAt: null, finishedAt: null },
  ],
  step: 1,
  weight: 5,
  progressPercentage: 40,
  estimatedCompletion: "2026-11-21T10:06:30.000Z",
  validations: [],
  gates: [],
  tests: [],
  approvals: [],
  requiredApprovals: 0,
  analysis: {
    verdict: "continue",
    reason: null,
    evidence: 10,
    threshold: 100,
    errors: { stable: 4, candidate: 0 },
    metrics: [
      {
        name: "error_rate",
        stable: 0.0044,
        candidate: 0.0062,
        evidence: 10,
        threshold: 100,
        samples: { stable: 9_000, candidate: 480 },
      },
    ],
  },
  allowedCommands: ["pause", "promote", "rollback", "cancel"],
  triggeredBy: "local",
  rollbackOf: null,
  retryOf: null,
  createdAt: "2026-11-21T10:03:50.000Z",
  updatedAt: "2026-11-21T10:04:01.000Z",
  finishedAt: null,
  ...overrides,
});

export const deployment = (overrides: Partial<Deployment> = {}): Deployment => ({
  id: "dep_1",
  name: "greeter",
  project: "default",
  kind: "application",
  artifact: "greeter",
  environment: "production",
  status: "updating",
  version: "1.0.0",
  revision: 1,
  activeRollout: "rol_1",
  split: [
    { revision: 1, version: "1.0.0", role: "stable", weight: 95, instances: { desired: 2, ready: 2 } },
    { revision: 2, version: "1.1.0", role: "candidate", weight: 5, instances: { desired: 1, ready: 1 } },
  ],
  endpoints: {
    external: "http://127.0.0.1:30080/greeter",
    internal: "http://127.0.0.1:41001",
    monitoring: "http://127.0.0.1:8303/v1/deployments/dep_1/metrics",
    logs: "http://127.0.0.1:8303/v1/deployments/dep_1/logs",
  },
  config: JSON.parse(JSON.stringify(configSchema.parse({ replicas: 2 }))),
  replicas: 2,
  route: null,
  labels: {},
  createdAt: "2026-11-21T09:05:00.000Z",
  updatedAt: "2026-11-21T10:04:00.000Z",
  deployedBy: "local",
  ...overrides,
});

const counted = (revision: number, requests: number, errors: number): DeploymentMetrics["revisions"][number] => ({
  revision,
  requests,
  errors,
  aborted: 0,
  errorRate: errors / requests,
  status: { "2xx": requests - errors, "5xx": errors },
  bytesIn: 0,
  bytesOut: 0,
  inFlight: 0,
  latencyMs: { p50: 1.2, p90: 2.5, p99: 7.25 },
});

export const metrics = (): DeploymentMetrics => ({
  deployment: "dep_1",
  observed: true,
  revisions: [counted(1, 9_000, 40), counted(2, 480, 3)],
});

export const event = (number: number, overrides: Partial<Event> = {}): Event => ({
  id: `${number}-${number}`,
  project: "default",
  deployment: "dep_1",
  rollout: "rol_1",
  type: "rollout.phase.changed",
  message: `event number ${number}`,
  alert: false,
  data: {},
  at: new Date(Date.parse("2026-11-21T10:04:00.000Z") + number * 1_000).toISOString(),
  ...overrides,
});
