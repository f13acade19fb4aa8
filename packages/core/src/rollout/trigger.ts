/** Why a rollout turned back, as a closed set: what dashboards count and people filter by. */
export const ROLLBACK_TRIGGERS = [
  /** The candidate failed its checks or never became ready, or a hook failed. */
  "deployment_failure",
  /** Instances that had been ready failed their health checks or kept crashing. */
  "health_check_failure",
  /** The analysis found the candidate worse, or a performance or load test failed. */
  "performance_degradation",
  /** A security test failed, or somebody reported a violation. */
  "security_violation",
  /** A person's command. */
  "manual",
  /** Instances used more memory or CPU than their limits for too long. */
  "resource_exhaustion",
  /** A test of function failed. */
  "test_failure",
  /** Nobody could judge in the time allowed: no traffic, a source that was down, a person who did not approve. */
  "no_data",
  /** A newer revision went first. */
  "superseded",
] as const;

export type RollbackTrigger = (typeof ROLLBACK_TRIGGERS)[number];
