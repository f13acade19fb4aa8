import { invalidField, type ModelFile } from "@sluice/core";
import { z } from "zod";
import type { S3Access } from "../files/s3.source.ts";

/** What the image is told by the variables of its container. */

export interface FetchOptions {
  /** `bucket/key` */
  path: string;
  /** Null: whatever is there is taken as it is. */
  files: Pick<ModelFile, "name" | "path" | "sha256">[] | null;
  s3: S3Access;
  folder: string;
}

export interface ServeOptions {
  folder: string;
  name: string;
  version: string;
  threads: number;
  /** What callers' paths may begin with; empty: nothing. */
  basePath: string;
  /** The program that runs models of Python. */
  python: string;
  /** What the programs that install packages may know: never the keys of the storage. */
  programEnv: Record<string, string>;
}

type Environment = Readonly<Record<string, string | undefined>>;

const filled = z.string().min(1);
const folder = { MODEL_FOLDER: filled.default("/models") };

const files = z
  .string()
  .transform((text, context) => {
    try {
      return JSON.parse(text) as unknown;
    } catch {
      context.addIssue("a list as JSON");
      return z.NEVER;
    }
  })
  .pipe(z.array(z.object({ name: filled, path: filled, sha256: z.string().regex(/^[0-9a-f]{64}$/) })));

const fetchVariables = z.object({
  ...folder,
  MODEL_BUCKET: filled,
  MODEL_KEY: filled,
  MODEL_FILES: files.default([]),
  S3_ENDPOINT: filled.optional(),
  S3_USE_SSL: z
    .enum(["true", "false"])
    .default("false")
    .transform((text) => text === "true"),
  AWS_REGION: filled.default("us-east-1"),
  AWS_ACCESS_KEY_ID: filled.optional(),
  AWS_SECRET_ACCESS_KEY: filled.optional(),
});

const serveVariables = z.object({
  ...folder,
  MODEL_NAME: filled.default("model"),
  MODEL_VERSION: filled.default("1"),
  MODEL_THREADS: z.coerce.number().int().min(0).max(256).default(0),
  BASE_PATH: z
    .string()
    .regex(/^(\/[\w.~-]+)*$/)
    .default(""),
  MODEL_PYTHON: filled.default("python3"),
});

/** Throws `invalid_argument` naming the variable, and never what it was: it may be a key. */
function read<Schema extends z.ZodObject>(schema: Schema, environment: Environment): z.output<Schema> {
  const given = Object.keys(schema.shape).flatMap((name) =>
    environment[name] === undefined || environment[name] === "" ? [] : [[name, environment[name]] as const],
  );
  const parsed = schema.safeParse(Object.fromEntries(given));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const name = String(issue?.path[0] ?? "");
  const isMissing = !given.some(([known]) => known === name);
  throw invalidField(name, isMissing ? undefined : "not usable", isMissing ? "a text" : (issue?.message ?? ""));
}

export function fetchOptions(environment: Environment): FetchOptions {
  const values = read(fetchVariables, environment);
  const { AWS_ACCESS_KEY_ID: access, AWS_SECRET_ACCESS_KEY: secret, S3_ENDPOINT: endpoint } = values;
  const scheme = endpoint?.includes("://") ? "" : `${values.S3_USE_SSL ? "https" : "http"}://`;
  return {
    path: `${values.MODEL_BUCKET}/${values.MODEL_KEY}`,
    files: values.MODEL_FILES.length === 0 ? null : values.MODEL_FILES,
    s3: {
      endpoint: endpoint === undefined ? null : `${scheme}${endpoint}`,
      region: values.AWS_REGION,
      keys: access === undefined || secret === undefined ? null : { access, secret },
    },
    folder: values.MODEL_FOLDER,
  };
}

/** Of what runs in the container: where programs are, how the network is left, and how pip finds packages. */
const PASSED = /^(PATH|HOME|TMPDIR|LANG|TZ|HOST|PORT|PIP_\w+|\w+_PROXY|\w+_proxy)$/;

export function serveOptions(environment: Environment): ServeOptions {
  const values = read(serveVariables, environment);
  return {
    folder: values.MODEL_FOLDER,
    name: values.MODEL_NAME,
    version: values.MODEL_VERSION,
    threads: values.MODEL_THREADS,
    basePath: values.BASE_PATH,
    python: values.MODEL_PYTHON,
    programEnv: Object.fromEntries(
      Object.entries(environment).flatMap(([name, value]) =>
        PASSED.test(name) && value !== undefined ? [[name, value]] : [],
      ),
    ),
  };
}
