import { isAbsolute } from "node:path";
import { invalidField, PROCESS_KINDS, SluiceError, type Workload } from "@sluice/core";
import { z } from "zod";

/** Names that become folders: one path segment that cannot lead out of its parent. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
const noNul = (text: string): boolean => !text.includes("\0");
const seconds = z.number().positive().max(86_400);
const counter = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

const name = z.string().regex(NAME, "1 to 128 letters, digits, '.', '_' or '-', beginning with a letter or digit");

export const workloadSchema = z.object({
  deployment: name,
  revision: counter,
  fence: counter,
  replicas: z.number().int().min(0).max(1_000),
  command: z.array(z.string().min(1).refine(noNul, "text without NUL")).min(1, "a program and its arguments"),
  image: z.string().nullable(),
  process: z.enum(PROCESS_KINDS).optional(),
  workdir: z
    .string()
    .refine((path) => isAbsolute(path) && noNul(path), "an absolute path")
    .nullable(),
  env: z.record(
    z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "letters, digits and '_', not beginning with a digit"),
    z.string().refine(noNul, "text without NUL"),
  ),
  resources: z.object({
    memoryMb: z.number().positive().nullable(),
    cpuCores: z.number().positive().nullable(),
  }),
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

/** Refuses a workload that no process can be made of, naming every bad field. Throws `invalid_argument`. */
export function checkWorkload(workload: Workload): Workload {
  const parsed = workloadSchema.safeParse(workload);
  if (parsed.success) return parsed.data;
  const violations = parsed.error.issues.map((issue) => ({
    field: issue.path.join("."),
    found: issue.path[0] === "env" ? "(not shown)" : valueAt(workload, issue.path),
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
