import type { Artifact, Environment } from "@sluice/client";
import { STRATEGY_TYPES } from "./strategy.ts";
import type { StrategyType } from "./types.ts";

/** What a deployment of an artifact can be told. */
export interface Takes {
  /** Instances, with their number, health, resources and variables. */
  instances: boolean;
  variables: boolean;
  /** A place at the gateway. */
  route: boolean;
  /** What a pipeline is set up by. */
  parameters: boolean;
  /** Requests that can be copied. */
  copies: boolean;
  /** Answers on no port: it is seen to live by other signs. */
  isStream: boolean;
}

/** `process` of a version's spec: what answers on no port has nothing that could be called. */
export function takesOf(kind: Artifact["kind"], process?: unknown): Takes {
  const isServer = process !== "stream" && process !== "job";
  const runs = { instances: true, copies: true, isStream: process === "stream" };
  switch (kind) {
    case "prompt":
      return { ...runs, instances: false, variables: false, route: false, parameters: false, copies: false };
    case "pipeline":
      return { ...runs, variables: false, route: true, parameters: true };
    case "application":
    case "agent":
    case "model":
      return { ...runs, variables: true, route: isServer, parameters: false };
  }
}

/** The strategies that an environment lets the artifact have. */
export const strategiesFor = (allowed: readonly StrategyType[] | null, { copies }: Takes): StrategyType[] =>
  STRATEGY_TYPES.filter((type) => (allowed === null || allowed.includes(type)) && (copies || type !== "shadow"));

/** What the environment does when no strategy is named, as the server has it. */
export function usualStrategy({ tier, protection }: Environment, isServing: boolean): StrategyType {
  const usual = tier === "production" && isServing ? "canary" : "immediate";
  const allowed = protection.allowedStrategies;
  return allowed === null || allowed.includes(usual) ? usual : (allowed[0] ?? usual);
}
