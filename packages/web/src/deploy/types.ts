import type { Artifact, Deployment, paths } from "@sluice/client";

export type CreateBody = paths["/v1/deployments"]["post"]["requestBody"]["content"]["application/json"];
export type UpdateBody = paths["/v1/deployments/{id}"]["patch"]["requestBody"]["content"]["application/json"];
export type PlanBody = paths["/v1/rollouts/plan"]["post"]["requestBody"]["content"]["application/json"];

export type Kind = Artifact["kind"];
export type Config = NonNullable<CreateBody["config"]>;
export type Route = NonNullable<CreateBody["route"]>;
export type PresentConfig = Deployment["config"];

export type StrategyInput = NonNullable<CreateBody["strategy"]>;
export type StrategyType = StrategyInput["type"];
export type StepInput = NonNullable<Extract<StrategyInput, { type: "canary" }>["steps"]>[number];
export type Analysis = NonNullable<StrategyInput["analysis"]>;
export type Tests = NonNullable<StrategyInput["tests"]>;
