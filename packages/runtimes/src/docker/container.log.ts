import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { writeAtomic } from "../supervision/atomic-file.ts";
import type { Output } from "../supervision/deployment.logs.ts";
import { createResume, type LogPosition, positionAfter } from "../supervision/log.position.ts";
import type { RuntimeLogger } from "../supervision/policy.ts";
import type { Daemon } from "./daemon.ts";
import { createFrameReader } from "./log.frames.ts";

const RETRY_MS = 500;
/** How long the rest of an ended container's output may take to arrive. */
const LAST_WORDS_MS = 5_000;

const positionSchema = z.object({ container: z.string(), at: z.string(), count: z.number().int() });

/** Copies a container's output into the instance's files, across breaks of the connection and restarts of ours. */
export interface LogCopier {
  /** After the container's end: returns once its last words are in the files, or cannot be had any more. */
  finish(): Promise<void>;
  /** Ends the copying; the next copier goes on where this one ended. */
  close(): Promise<void>;
}

interface CopierOptions {
  daemon: Daemon;
  container: string;
  folder: string;
  output: Output;
  logger: RuntimeLogger;
}

export function copyLogs({ daemon, container, folder, output, logger }: CopierOptions): LogCopier {
  const stopped = new AbortController();
  const positionFile = join(folder, "log.position.json");
  let position: LogPosition | null | undefined;

  /** Copies until the stream ends, as it does with the container. */
  async function copy(signal: AbortSignal): Promise<void> {
    position = position === undefined ? await readPosition(positionFile, container) : position;
    const isNew = createResume(position);
    const query = { stdout: true, stderr: true, timestamps: true, follow: true, since: sinceOf(position) } as const;
    const stream = await daemon.stream(
      `reading the output of container ${container}`,
      (docker, options) => docker.getContainer(container).logs({ ...query, ...options }),
      signal,
    );
    const frames = createFrameReader();
    await mkdir(folder, { recursive: true, mode: 0o700 });
    for await (const chunk of stream) {
      const entries = frames.push(Buffer.from(chunk)).filter(isNew);
      if (entries.length === 0) continue;
      for (const name of ["stdout", "stderr"] as const) {
        const own = entries.filter((entry) => entry.stream === name);
        if (own.length > 0) await output[name].append(own.map(({ bytes, at }) => ({ bytes, at: Date.parse(at) })));
      }
      position = entries.reduce<LogPosition | null>(positionAfter, position);
      await writeAtomic(positionFile, JSON.stringify({ container, ...position }), { durable: false });
    }
  }

  async function follow(): Promise<void> {
    let complained = false;
    while (!stopped.signal.aborted) {
      try {
        await copy(stopped.signal);
      } catch (error) {
        if (stopped.signal.aborted) return;
        if (!complained) logger.warn({ container, err: error }, "a container's output cannot be read; trying again");
        complained = true;
      }
      await delay(RETRY_MS, undefined, { signal: stopped.signal }).catch(() => undefined);
    }
  }

  const following = follow();
  async function close(): Promise<void> {
    stopped.abort();
    await following;
  }

  return {
    close,
    async finish() {
      await close();
      // What the follower had not come to; nothing, when it had come to the end.
      await copy(AbortSignal.timeout(LAST_WORDS_MS)).catch((error: unknown) =>
        logger.warn({ container, err: error }, "the last output of a container cannot be read"),
      );
    },
  };
}

/** Seconds: one before the position, since some daemons leave out what was said in the very moment. */
const sinceOf = (position: LogPosition | null): number =>
  position === null ? 0 : Math.max(0, Math.floor(Date.parse(position.at) / 1_000) - 1);

/** Null: nothing of this container has been read. */
async function readPosition(file: string, container: string): Promise<LogPosition | null> {
  const text = await readFile(file, "utf8").catch(() => "null");
  const parsed = positionSchema.safeParse(JSON.parse(text));
  return parsed.success && parsed.data.container === container ? parsed.data : null;
}
