import type { Environment } from "@sluice/client";

/** An environment without any rule, for tests. */
export const PLAIN_ENVIRONMENT: Environment = {
  name: "staging",
  project: "default",
  tier: "staging",
  targets: [{ type: "process" }],
  waves: null,
  onWaveFailure: null,
  validationLevel: "standard",
  monitoringLevel: "standard",
  limits: { memoryMb: 2_048, cpuCores: 2, storageGb: 100 },
  protection: {
    requiredApprovals: 0,
    approvers: null,
    approvalExpirySeconds: null,
    fourEyes: true,
    freezeWindows: [],
    requireSuccessIn: null,
    allowedStrategies: null,
    regions: null,
  },
  createdAt: "2026-11-21T10:00:00.000Z",
  updatedAt: "2026-11-21T10:00:00.000Z",
};
