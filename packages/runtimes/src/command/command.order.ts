import { z } from "zod";

const path = z.string().min(1);

/** Everything that a host needs to know to run one command. Comes over its standard input: it holds secrets. */
export const commandOrderSchema = z.object({
  /** Marks every process of the command. */
  id: z.string().min(1),
  /** Absolute; made and emptied by whoever gives the order. See `command.folder.ts`. */
  folder: path,
  command: z.array(z.string()).min(1),
  /** The whole environment, apart from what the host adds. */
  env: z.record(z.string(), z.string()),
  /** Files to begin with; `ref` null: the folder as it lies there. `except`: folders to leave out. */
  checkout: z.object({ repository: path, ref: z.string().nullable(), except: z.array(path) }).nullable(),
  /** Artifacts of earlier stages. */
  copies: z.array(z.object({ from: path, into: z.string(), files: z.array(z.object({ path, sha256: z.string() })) })),
  workdir: z.string().nullable(),
  artifacts: z.array(z.object({ name: path, paths: z.array(path) })),
  /** Texts that must not appear in output. */
  secrets: z.array(z.string()),
  limits: z.object({
    /** Of each process. */
    cpuSeconds: z.number().nullable(),
    fileMb: z.number(),
    logMb: z.number(),
    artifactMb: z.number(),
  }),
  timeoutSeconds: z.number(),
  /** Between SIGTERM and SIGKILL. */
  stopSeconds: z.number(),
});

export type CommandOrder = z.infer<typeof commandOrderSchema>;

export const commandResultSchema = z.object({
  status: z.enum(["succeeded", "failed"]),
  /** In a sentence; null after a success. */
  reason: z.string().nullable(),
  /** Null: it never ran, or was killed. */
  exitCode: z.number().nullable(),
  outputs: z.record(z.string(), z.string()),
  artifacts: z.array(z.object({ name: z.string(), path: z.string(), sizeBytes: z.number(), sha256: z.string() })),
  /** Another attempt would fail in the same way. */
  hopeless: z.boolean(),
});

export type CommandResult = z.infer<typeof commandResultSchema>;

/** Why a command cannot be run, or its files not be kept. */
export class CommandError extends Error {
  override readonly name = "CommandError";
  readonly hopeless: boolean;

  constructor(message: string, { hopeless = false, cause }: { hopeless?: boolean; cause?: unknown } = {}) {
    super(message, { cause });
    this.hopeless = hopeless;
  }
}
