import { parseArgs } from "node:util";
import { z } from "zod";

export interface Options {
  /** The file with the model. */
  model: string;
  name: string;
  version: string;
  host: string;
  port: number;
  /** What callers' paths may begin with, as behind an Ingress; empty: nothing. */
  basePath: string;
  /** Threads of one inference; 0: one for each core. */
  threads: number;
  /** Inferences that run at once. */
  concurrency: number;
  /** Requests that may wait for their turn; more are refused. */
  queue: number;
  /** Bytes of a request's body. */
  maxBody: number;
  /** Milliseconds that a request may take. */
  timeout: number;
  /** Load the model, say whether that worked, and end. */
  check: boolean;
}

const count = (fallback: number, least: number, most: number) =>
  z.coerce.number().int().min(least).max(most).default(fallback);

const schema = z.object({
  model: z.string().min(1),
  name: z.string().min(1).default("model"),
  version: z.string().min(1).default("1"),
  host: z.string().min(1).default("127.0.0.1"),
  port: count(8_080, 0, 65_535),
  "base-path": z
    .string()
    .regex(/^(\/[\w.~-]+)*\/?$/, "a path such as /api/v1/predict/1")
    .transform((path) => path.replace(/\/$/, ""))
    .default(""),
  threads: count(0, 0, 256),
  concurrency: count(4, 1, 256),
  queue: count(256, 0, 100_000),
  "max-body": count(33_554_432, 1_024, 2_147_483_647),
  "timeout-ms": count(60_000, 1, 3_600_000),
  check: z.boolean().default(false),
});

export const USAGE =
  "usage: main.ts --model <file> [--name model] [--version 1] [--host 127.0.0.1, or the variable HOST] [--port 8080, or the variable PORT] " +
  "[--base-path /path] [--threads 0] [--concurrency 4] [--queue 256] [--max-body 33554432] [--timeout-ms 60000] [--check]";

/** The command line and the variables `HOST` and `PORT`. Throws an error that names what is wrong with it. */
export function readOptions(args: readonly string[], environment: Record<string, string | undefined>): Options {
  const names = Object.keys(schema.shape).filter((name) => name !== "check");
  const { values } = parseArgs({
    args: [...args],
    options: {
      check: { type: "boolean" },
      ...Object.fromEntries(names.map((name) => [name, { type: "string" } as const])),
    },
  });
  const parsed = schema.safeParse({ host: environment.HOST, port: environment.PORT, ...values });
  if (!parsed.success) {
    throw new Error(parsed.error.issues.map((issue) => `--${issue.path.join(".")}: ${issue.message}`).join("\n"));
  }
  const { "max-body": maxBody, "timeout-ms": timeout, "base-path": basePath, ...options } = parsed.data;
  return { ...options, maxBody, timeout, basePath };
}

/** The only place where the environment of this process is read. */
export const processEnvironment = (): Record<string, string | undefined> => process.env;

export const processOptions = (): Options => readOptions(process.argv.slice(2), processEnvironment());
