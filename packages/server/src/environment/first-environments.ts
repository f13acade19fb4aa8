import type { EnvironmentSpec } from "@sluice/core";

const protection = {
  requiredApprovals: 0,
  approvers: null,
  approvalExpirySeconds: null,
  fourEyes: false,
  freezeWindows: [],
  requireSuccessIn: null,
  allowedStrategies: null,
  regions: null,
} satisfies EnvironmentSpec["protection"];

const reach = { targets: [{ type: "process" }], waves: null, onWaveFailure: null } satisfies Partial<EnvironmentSpec>;

/** What every project begins with: nothing required anywhere. The first migration gives the same to `default`. */
export const FIRST_ENVIRONMENTS: Readonly<Record<string, EnvironmentSpec>> = {
  development: {
    tier: "development",
    ...reach,
    validationLevel: "basic",
    monitoringLevel: "minimal",
    limits: { memoryMb: 512, cpuCores: 0.5, storageGb: 5 },
    protection,
  },
  staging: {
    tier: "staging",
    ...reach,
    validationLevel: "standard",
    monitoringLevel: "standard",
    limits: { memoryMb: 1_024, cpuCores: 1, storageGb: 20 },
    protection,
  },
  production: {
    tier: "production",
    ...reach,
    validationLevel: "strict",
    monitoringLevel: "comprehensive",
    limits: { memoryMb: 2_048, cpuCores: 2, storageGb: 100 },
    protection: { ...protection, fourEyes: true },
  },
};
