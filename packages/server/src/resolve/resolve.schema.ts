import { jsonSchema, nameSchema, PROMPT_ROLES, promptVariableSchema, RESOLVE_REASONS } from "@sluice/core";
import { z } from "zod";

/** Longer keys are refused: they are hashed, and nobody is called that. */
export const targetingKey = z.string().max(4_096);

export const CONTEXT_PREFIX = "context.";

const where = {
  project: nameSchema.optional().describe("Default: the token's own, else `default`."),
  environment: nameSchema
    .optional()
    .describe("Where several environments have a deployment of this name. Default: the token's own."),
};

export const resolveParams = z.strictObject({
  deployment: z.string().min(1).max(64).describe("Name of the prompt's deployment, or `dep_…`."),
});

/** Attributes of the context are members of their own: `context.region=eu`. */
export const resolveQuery = z
  .object({
    ...where,
    key: targetingKey.optional().describe("Who asks: the same key gets the same version. Without it: by lot."),
  })
  .catchall(z.string().max(4_096))
  .superRefine((query, { addIssue }) => {
    const strange = Object.keys(query).filter((name) => !KNOWN.has(name) && !name.startsWith(CONTEXT_PREFIX));
    if (strange.length > 0) {
      const message = "one of project, environment, key, or context.<name>";
      addIssue({ code: "unrecognized_keys", keys: strange, message, input: query });
    }
  })
  .describe("Besides these, `context.<name>` gives an attribute that rules of a rollout are compared with.");

const KNOWN: ReadonlySet<string> = new Set(["project", "environment", "key"]);

export const contextSchema = z.record(z.string().max(255), jsonSchema);

export const resolveBody = z
  .strictObject({
    ...where,
    key: targetingKey.optional(),
    context: contextSchema.optional().describe("Attributes that rules of a rollout are compared with."),
    variables: contextSchema
      .optional()
      .describe("Values for the prompt's variables; with them the texts are filled in."),
  })
  .meta({
    examples: [{ environment: "production", key: "user-7", context: { region: "eu" }, variables: { customer: "Ada" } }],
  });

const contentSchema = z.object({
  text: z.string().optional(),
  messages: z.array(z.object({ role: z.enum(PROMPT_ROLES), content: z.string() })).optional(),
  model: z.string().optional(),
  parameters: z.record(z.string(), z.unknown()).describe("The version's, with those of the deployment over them."),
  variables: z.array(promptVariableSchema).optional().describe("Still to be filled in."),
});

export const resolvedSchema = z
  .object({
    deployment: z.string(),
    id: z.string(),
    project: z.string(),
    environment: z.string(),
    revision: z.number().int(),
    version: z.string(),
    variant: z.string().describe("The version, by the name that OpenFeature has for it."),
    reason: z
      .enum(RESOLVE_REASONS)
      .describe(
        "`SPLIT`: the weights decided. `TARGETING_MATCH`: a rule of the rollout. `DEFAULT`: there is a rule, and it did not hold. " +
          "`STATIC`: one version is for everybody.",
      ),
    rendered: z.boolean().describe("Whether the variables are filled in."),
    content: contentSchema,
  })
  .meta({
    id: "Resolved",
    examples: [
      {
        deployment: "greeting",
        id: "dep_0199",
        project: "default",
        environment: "production",
        revision: 2,
        version: "1.1.0",
        variant: "1.1.0",
        reason: "SPLIT",
        rendered: true,
        content: { text: "Hello Ada!", model: "small", parameters: { temperature: 0.2 } },
      },
    ],
  });
