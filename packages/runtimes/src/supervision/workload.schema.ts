import { isAbsolute } from "node:path";
import { ARTIFACT_KINDS, invalidField, PROCESS_KINDS, SluiceError, targetSchema, type Workload } from "@sluice/core";
import { z } from "zod";

/** Names that become folders: one path segment that cannot lead out of its parent. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
const noNul = (text: string): boolean => !text.includes("\0");
const seconds = z.number().positive().max(86_400);
const counter = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

const name = z.string().regex(NAME, "1 to 128 letters, digits, '.', '_' or '-', beginning with a letter or digit");

const variables = z.record(
  z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "letters, digits and '_', not beginning with a digit"),
  z.string().refine(noNul, "text without NUL"),
);

const amounts = z.object({
  memoryMb: z.number().positive().nullable(),
  cpuCores: z.number().positive().nullable(),
});

const placementSchema = z.object({
  target: targetSchema,
  project: z.string(),
  environment: z.string(),
  name: z.string(),
  kind: z.enum(ARTIFACT_KINDS),
});

export const workloadSchema = z.object({
  deployment: name,
  revision: counter,
  fence: counter,
  replicas: z.number().int().min(0).max(1_000),
  command: z.array(z.string().min(1).refine(noNul, "text without NUL")),
  image: z.string().nullable(),
  process: z.enum(PROCESS_KINDS).optional(),
  workdir: z
    .string()
    .refine((path) => isAbsolute(path) && noNul(path), "an absolute path")
    .nullable(),
  env: variables,
  secrets: variables.optional(),
  resources: amounts,
  requests: amounts.optional(),
  gpus: z.number().int().min(0).optional(),
  placement: placementSchema.optional(),
  version: z.string().optional(),
  healthCheck: z.object({
    path: z
      .string()
      .regex(/^\/[!-~]*$/, "a path that begins with '/' and has no spaces")
      .nullable(),
    intervalSeconds: seconds,
    timeoutSeconds: seconds,
    retries: z.number().int().min(1).max(1_000),
    readySeconds: z.number().min(0).max(86_400).optional(),
    heartbeatSeconds: seconds.optional(),
  }),
  progressDeadlineSeconds: seconds,
  stopSeconds: z.number().min(0).max(86_400),
});

/** A workload as it is kept on disk; what only a cluster knows is left out. */
export type StoredWorkload = z.infer<typeof workloadSchema>;

const HIDDEN_FIELDS = new Set<PropertyKey | undefined>(["env", "secrets"]);

/** For runtimes that start programs. */
export const commandWorkloadSchema = workloadSchema.refine(({ command }) => command.length > 0, {
  path: ["command"],
  message: "a program and its arguments",
});

/** For runtimes that run images. */
export const imageWorkloadSchema = workloadSchema.refine(({ image }) => image !== null, {
  path: ["image"],
  message: "the name of an image, since containers are made of one",
});

/** Refuses a workload that the runtime can make nothing of, naming every bad field. Throws `invalid_argument`. */
export function checkWorkload(workload: Workload, schema: z.ZodType<StoredWorkload>): StoredWorkload {
  const parsed = schema.safeParse(workload);
  if (parsed.success) return parsed.data;
  const violations = parsed.error.issues.map((issue) => ({
    field: issue.path.join("."),
    found: HIDDEN_FIELDS.has(issue.path[0]) ? "(not shown)" : valueAt(workload, issue.path),
    allowed: issue.message,
  }));
  const text = violations.map(({ field, found, allowed }) => invalidField(field, found, allowed).message).join("; ");
  throw new SluiceError("invalid_argument", text, { violations });
}

/** Throws `invalid_argument` unless the text can name a deployment here. */
export function checkDeployment(deployment: string): void {
  if (!NAME.test(deployment)) throw invalidField("deployment", deployment, "one name without slashes");
}

const valueAt = (value: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>((at, key) => (typeof at === "object" && at !== null ? Reflect.get(at, key) : undefined), value);
