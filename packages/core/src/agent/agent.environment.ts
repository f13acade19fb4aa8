import type { EnvironmentSpec } from "../environment/environment.schema.ts";

/** What the tier of an environment means for the agents in it. */
export interface AgentTier {
  description: string;
  /** A name for the kind of configuration, shown with every deployment. */
  config: string;
  /** Whether a copy of the agent's data is made before it is taken back, unless the request says otherwise. */
  backupEnabled: boolean;
  /** Whether a new agent gets two instances instead of one. */
  redundancyEnabled: boolean;
}

const TIERS: Readonly<Record<EnvironmentSpec["tier"], AgentTier>> = {
  development: {
    description: "Development environment for testing and debugging",
    config: "development_lightweight",
    backupEnabled: false,
    redundancyEnabled: false,
  },
  staging: {
    description: "Staging environment for integration testing",
    config: "staging_integration_testing",
    backupEnabled: true,
    redundancyEnabled: false,
  },
  production: {
    description: "Production environment for live deployments",
    config: "production_high_availability",
    backupEnabled: true,
    redundancyEnabled: true,
  },
  dr: {
    description: "Environment for disaster recovery",
    config: "dr_high_availability",
    backupEnabled: true,
    redundancyEnabled: true,
  },
  custom: {
    description: "Environment with rules of its own",
    config: "custom",
    backupEnabled: true,
    redundancyEnabled: false,
  },
};

export const agentTier = ({ tier }: Pick<EnvironmentSpec, "tier">): AgentTier => TIERS[tier];

/** Where agents go that name no environment. */
export const DEFAULT_AGENT_ENVIRONMENT = "staging";
