import type { operations } from "./generated/api.ts";

/** The JSON answer of an operation, by its operationId and status. */
export type Answer<Operation extends keyof operations, Status extends number> = operations[Operation] extends {
  responses: Record<Status, { content: { "application/json": infer Body } }>;
}
  ? Body
  : never;

export type Environment = Answer<"getEnvironment", 200>;
export type Artifact = Answer<"getArtifact", 200>;
export type Version = Answer<"getVersion", 200>;
export type Deployment = Answer<"getDeployment", 200>;
export type Revision = Answer<"listRevisions", 200>["items"][number];
export type Instance = Answer<"listInstances", 200>["items"][number];
export type DeploymentMetrics = Answer<"getDeploymentMetrics", 200>;
export type Rollout = Answer<"getRollout", 200>;
export type Phase = Rollout["phase"];
export type Command = Rollout["allowedCommands"][number];
export type Plan = Answer<"planRollout", 200>;
export type Gate = Answer<"getGate", 200>;
export type Evaluation = Answer<"getEvaluation", 200>;
export type Event = Answer<"listEvents", 200>["items"][number];
export type NotificationChannel = Answer<"getNotification", 200>;
export type NotificationDelivery = Answer<"listNotificationDeliveries", 200>["items"][number];
export type Registration = Answer<"listRegistrations", 200>["items"][number];
export type Integration = Answer<"getIntegration", 200>;
export type Workflow = Answer<"getWorkflow", 200>;
export type WorkflowRun = Answer<"getWorkflowRun", 200>;
export type WorkflowArtifact = Answer<"listWorkflowArtifacts", 200>["items"][number];
export type Job = Answer<"getJob", 200>;
export type Token = Answer<"listTokens", 200>["items"][number];
export type AuditEntry = Answer<"listAudit", 200>["items"][number];
export type Trigger = Answer<"getTrigger", 200>;
export type NewTrigger = Answer<"createTrigger", 201>;
export type Firing = Answer<"listFirings", 200>["items"][number];
export type Schedule = Answer<"getSchedule", 200>;
export type ScheduleRun = Answer<"listScheduleRuns", 200>["items"][number];
export type Delivery = Answer<"listDeliveries", 200>["items"][number];

/** One page of a list. `nextCursor` is null on the last. */
export interface Page<Item> {
  items: Item[];
  nextCursor: string | null;
}
export type Model = Answer<"getModel", 200>;
export type ModelVersion = Answer<"getModelVersion", 200>;
export type ModelDeployment = Answer<"getModelDeployment", 200>;
export type Batch = Answer<"getBatch", 200>;
