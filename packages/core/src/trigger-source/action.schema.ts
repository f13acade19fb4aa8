import { z } from "zod";
import { jobOptionsSchema } from "../job/job.options.ts";
import { jsonSchema } from "../json.ts";
import { nameSchema, variablesSchema } from "../names.ts";
import { withoutSecrets } from "../strategy/secrets.ts";
import { strategySchema } from "../strategy/strategy.schema.ts";
import { isPlaceholder, placeholdersIn } from "./placeholder.ts";

const deployment = z
  .string()
  .regex(/^[a-z0-9]([-_a-z0-9]{0,61}[a-z0-9])?$/, "the name of a deployment, or its id")
  .describe("Name or id of the deployment.");

const template = (longest: number) =>
  z
    .string()
    .min(1)
    .max(longest)
    .superRefine((text, context) => {
      const unknown = placeholdersIn(text).find((name) => !isPlaceholder(name));
      if (unknown === undefined) return;
      const known =
        "{{tag}}, {{branch}}, {{commit}}, {{shortCommit}}, {{repository}}, {{latest}}, {{date}} and {{inputs.name}}";
      context.addIssue({
        code: "custom",
        message: `a text whose placeholders are of ${known}; {{${unknown}}} is none`,
      });
    });

const deploySchema = z
  .strictObject({
    type: z.literal("deploy"),
    deployment: deployment.optional(),
    artifact: nameSchema.optional().describe("Instead of `deployment`: every deployment of it in the environment."),
    environment: nameSchema,
    version: template(255).describe(
      "A version, or a template such as `{{tag}}`; `{{latest}}` is the highest there is.",
    ),
    stripLeadingV: z.boolean().default(false).describe("Tag `v1.2.0` is version `1.2.0`."),
    create: z
      .strictObject({ spec: z.record(z.string(), jsonSchema) })
      .nullable()
      .default(null)
      .describe("Creates the version where it is missing; placeholders inside its texts are filled in."),
    config: z.record(z.string(), jsonSchema).optional().describe("A JSON Merge Patch (RFC 7396), as in an update."),
    strategy: strategySchema.optional().describe("Left out: the environment's default."),
  })
  .refine((action) => (action.deployment === undefined) !== (action.artifact === undefined), {
    message: "exactly one of `deployment` and `artifact`",
    path: ["deployment"],
  });

const runSchema = z.strictObject({
  type: z.literal("run"),
  workflow: nameSchema,
  inputs: z.record(z.string().min(1).max(63), z.union([template(4_096), z.number(), z.boolean()])).default({}),
});

const jobSchema = z
  .strictObject({
    type: z.literal("job"),
    deployment: deployment.optional().describe("What it serves is run, with its configuration."),
    artifact: nameSchema.optional().describe("Instead of `deployment`, with `version`."),
    version: template(255).optional().describe("As in `deploy`."),
    stripLeadingV: z.boolean().default(false).describe("Tag `v1.2.0` is version `1.2.0`."),
    environment: nameSchema,
    env: variablesSchema.describe("Variables beside its own; placeholders inside are filled in."),
    ...jobOptionsSchema.shape,
  })
  .refine((action) => (action.deployment === undefined) !== (action.artifact === undefined), {
    message: "exactly one of `deployment` and `artifact`",
    path: ["deployment"],
  })
  .refine((action) => (action.artifact === undefined) === (action.version === undefined), {
    message: "a version where `artifact` is given, and only there",
    path: ["version"],
  });

const one = { deployment, environment: nameSchema };

const scaleSchema = z.strictObject({ type: z.literal("scale"), ...one, replicas: z.number().int().min(1).max(1_000) });
const restartSchema = z.strictObject({ type: z.literal("restart"), ...one });
const promoteSchema = z.strictObject({
  type: z.literal("promote"),
  ...one,
  to: nameSchema.describe("The environment that gets the version which serves in `environment`."),
  strategy: strategySchema.optional(),
});

/** What an event from outside may start. */
export const triggerActionSchema = z
  .discriminatedUnion("type", [deploySchema, runSchema, jobSchema])
  .meta({ id: "TriggerAction" });

/** What a time may start. */
export const scheduleActionSchema = z
  .discriminatedUnion("type", [deploySchema, runSchema, jobSchema, scaleSchema, restartSchema, promoteSchema])
  .meta({ id: "ScheduleAction" });

export type AutomatedAction = z.output<typeof scheduleActionSchema>;

/** The environments that an action changes; empty for one that belongs to none. */
export function environmentsOf(action: AutomatedAction): string[] {
  switch (action.type) {
    case "run":
      return [];
    case "promote":
      return [action.to];
    default:
      return [action.environment];
  }
}

/** The action as answers and audit entries show it. */
export const shownAction = <Action extends AutomatedAction>(action: Action): Action =>
  "strategy" in action && action.strategy !== undefined
    ? { ...action, strategy: withoutSecrets(action.strategy) }
    : action;
