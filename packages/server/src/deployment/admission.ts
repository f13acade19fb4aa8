import {
  cpuCores,
  type DeploymentConfig,
  type EnvironmentSpec,
  type FieldViolation,
  invalidArgument,
  invalidField,
  memoryMb,
  SluiceError,
  type Strategy,
  strategySchema,
  targetName,
} from "@sluice/core";

/** What an environment and a kind allow. Pure: each function throws the error that the user reads, or answers. */

/**
 * The strategy of a change: the given one, else the environment's default, which is canary where something serves
 * already and the tier is production, and immediate elsewhere. An environment that does not allow its own default
 * uses the first one it allows.
 */
export function admitStrategy(
  given: Strategy | undefined,
  environment: EnvironmentSpec,
  { name, serving }: { name: string; serving: boolean },
): Strategy {
  const allowed = environment.protection.allowedStrategies;
  if (given === undefined) {
    const usual = environment.tier === "production" && serving ? "canary" : "immediate";
    return strategySchema.parse({ type: allowed === null || allowed.includes(usual) ? usual : allowed[0] });
  }
  if (allowed !== null && !allowed.includes(given.type)) {
    throw invalidField("strategy.type", given.type, `what environment ${name} allows: ${allowed.join(", ")}`);
  }
  return given;
}

/** Throws `invalid_argument` for a strategy that would come to another end at each of several targets. */
export function admitTargets(strategy: Strategy): void {
  if (strategy.type !== "ab" || !strategy.promoteWinner || strategy.goal === null) return;
  const allowed = "false or no goal where there are several targets: each would find a winner of its own";
  throw invalidField("strategy.promoteWinner", strategy.promoteWinner, allowed);
}

/** Throws `failed_precondition` when the environment has a target outside the regions it may use. */
export function admitRegions(environment: EnvironmentSpec, name: string): void {
  const { regions } = environment.protection;
  if (regions === null) return;
  const outside = environment.targets.find((target) => target.region === undefined || !regions.includes(target.region));
  if (outside === undefined) return;
  throw new SluiceError(
    "failed_precondition",
    `environment ${name} allows the regions ${regions.join(", ")}; its target ${targetName(outside)} is in ${outside.region ?? "no named region"}`,
  );
}

/**
 * The configuration, its replicas moved into the bounds of its own scaling as an autoscaler would. Throws
 * `invalid_argument` for an instance that needs more than the environment's limits, for requests above limits, and
 * for no replicas at all: what should not run is stopped.
 */
export function admitConfig(config: DeploymentConfig, environment: EnvironmentSpec, name: string): DeploymentConfig {
  const violations = [...aboveLimits(config, environment, name), ...aboveOwnLimits(config)];
  for (const variable of Object.keys(config.secrets ?? {}).filter((name) => Object.hasOwn(config.env, name))) {
    const allowed = "a variable that config.env does not set";
    violations.push({ field: `config.secrets.${variable}`, found: variable, allowed });
  }
  if (config.replicas === 0) {
    violations.push({ field: "config.replicas", found: 0, allowed: "1 to 1000; to run nothing, stop the deployment" });
  }
  if (violations.length > 0) throw invalidArgument(violations);
  if (config.scaling === null) return config;
  const { min, max } = config.scaling;
  return { ...config, replicas: Math.min(Math.max(config.replicas, min), max) };
}

function aboveLimits(config: DeploymentConfig, { limits }: EnvironmentSpec, name: string): FieldViolation[] {
  return (["requests", "limits"] as const).flatMap((part) => {
    const { memory, cpu } = config.resources[part] ?? {};
    const violations: FieldViolation[] = [];
    if (memory !== undefined && memoryMb(memory) > limits.memoryMb) {
      const allowed = `at most ${limits.memoryMb}Mi, the limit of environment ${name}`;
      violations.push({ field: `config.resources.${part}.memory`, found: memory, allowed });
    }
    if (cpu !== undefined && cpuCores(cpu) > limits.cpuCores) {
      const allowed = `at most ${limits.cpuCores} cores, the limit of environment ${name}`;
      violations.push({ field: `config.resources.${part}.cpu`, found: cpu, allowed });
    }
    return violations;
  });
}

function aboveOwnLimits({ resources }: DeploymentConfig): FieldViolation[] {
  const { requests, limits } = resources;
  const violations: FieldViolation[] = [];
  if (
    requests?.memory !== undefined &&
    limits?.memory !== undefined &&
    memoryMb(requests.memory) > memoryMb(limits.memory)
  ) {
    const allowed = `at most config.resources.limits.memory, ${limits.memory}`;
    violations.push({ field: "config.resources.requests.memory", found: requests.memory, allowed });
  }
  if (requests?.cpu !== undefined && limits?.cpu !== undefined && cpuCores(requests.cpu) > cpuCores(limits.cpu)) {
    const allowed = `at most config.resources.limits.cpu, ${limits.cpu}`;
    violations.push({ field: "config.resources.requests.cpu", found: requests.cpu, allowed });
  }
  return violations;
}
