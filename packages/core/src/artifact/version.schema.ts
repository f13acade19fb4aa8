import { z } from "zod";
import { jsonSchema } from "../json.ts";
import { migrationsSchema } from "../migration/migration.schema.ts";
import { variablesSchema } from "../names.ts";
import { hasOneForm, pipelineFields, schemaHasConfig } from "../pipeline/pipeline.spec.ts";
import { promptMessageSchema, templateFields } from "../prompt/prompt.schema.ts";
import { PROCESS_KINDS } from "../runtime/runtime.ts";

export const ARTIFACT_KINDS = ["prompt", "agent", "model", "pipeline", "application"] as const;
export type ArtifactKind = (typeof ARTIFACT_KINDS)[number];

/** A folder inside the place the server was started from. Leaving it by `..` or an absolute path is refused. */
const workdirSchema = z
  .string()
  .max(1_024)
  .refine((path) => !path.split(/[\\/]/).includes(".."), "a path without '..'");

const common = {
  components: z.record(z.string().min(1).max(63), z.string().max(255)).optional(),
  migrations: migrationsSchema.optional(),
  sbom: z.record(z.string(), jsonSchema).optional(),
};

/** Something that runs: a program with arguments, or a container image. */
const runnableSchema = z
  .strictObject({
    command: z.array(z.string().min(1).max(4_096)).min(1).max(256).optional(),
    image: z.string().min(1).max(512).optional(),
    /** Absent rather than `service`: versions that do not say keep the digest they had. */
    process: z.enum(PROCESS_KINDS).optional().meta({
      description: "`service` (default) answers on PORT, `stream` works on without a port, `job` comes to an end",
    }),
    workdir: workdirSchema.optional(),
    env: variablesSchema,
    ...common,
  })
  .refine((spec) => spec.command !== undefined || spec.image !== undefined, {
    message: "a `command` (a program and its arguments) or an `image`",
    path: ["command"],
  });

const promptSchema = z
  .strictObject({
    text: z.string().max(1_000_000).optional(),
    messages: z.array(promptMessageSchema).min(1).optional(),
    model: z.string().max(255).optional(),
    parameters: z.record(z.string(), jsonSchema).default({}),
    ...templateFields,
    ...common,
  })
  .refine((spec) => (spec.text === undefined) !== (spec.messages === undefined), {
    message: "exactly one of `text` and `messages`",
    path: ["text"],
  });

/** A file below a model's `files`, and what must be in it. */
const modelFileSchema = z.strictObject({
  name: z.string().min(1).max(255),
  path: z.string().min(1).max(1_024),
  bytes: z.number().int().min(0),
  sha256: z.string().regex(/^[0-9a-f]{64}$/, "64 hexadecimal digits"),
});

/** Files that a server for models answers from. */
const servedModelSchema = z.strictObject({
  /** `s3://bucket/key` or `bucket/key`: one object, or the folder of several. `./path`: in the folder of the server. */
  files: z.string().min(1).max(2_048),
  runtime: z.string().min(1).max(255),
  /** Absent: whatever is there. */
  manifest: z.array(modelFileSchema).min(1).max(1_000).optional(),
  ...common,
});

/** A model is files, or brings a server of its own: a program or an image. */
const modelSchema = z.union([servedModelSchema, runnableSchema]);

const pipelineSchema = z
  .strictObject({ ...pipelineFields, ...common })
  .refine(hasOneForm, { message: "exactly one of `template` and `config`", path: ["template"] })
  .refine(schemaHasConfig, {
    message: "nothing: templates of the catalogue have their own",
    path: ["parametersSchema"],
  });

/** What a version of each kind consists of (API.md, "Artifacts and versions"). */
export const VERSION_SPECS = {
  application: runnableSchema,
  agent: runnableSchema,
  model: modelSchema,
  pipeline: pipelineSchema,
  prompt: promptSchema,
} as const satisfies Record<ArtifactKind, z.ZodType>;

/** The schema by which a spec is read: one that names files is a model's that has them, and is told what these need. */
export const specSchemaFor = (kind: ArtifactKind, spec: unknown): z.ZodType<VersionSpec> =>
  kind === "model" && typeof spec === "object" && spec !== null && "files" in spec
    ? servedModelSchema
    : VERSION_SPECS[kind];

export type RunnableSpec = z.infer<typeof runnableSchema>;
export type PipelineSpec = z.infer<typeof pipelineSchema>;
export type PromptSpec = z.infer<typeof promptSchema>;
export type VersionSpec = { [Kind in ArtifactKind]: z.infer<(typeof VERSION_SPECS)[Kind]> }[ArtifactKind];

export const sourceSchema = z.strictObject({
  repository: z.string().max(2_048).optional(),
  commit: z.string().max(64).optional(),
  tag: z.string().max(255).optional(),
});

/** Kinds that have instances; the others are resolved, not run. */
export const isRunnable = (kind: ArtifactKind): boolean => kind !== "prompt";
