import type { Instant } from "@sluice/core";
import { SluiceError } from "@sluice/core";
import { z } from "zod";
import type { Obstacle } from "../supervision/driver.ts";
import type { RuntimeLogger } from "../supervision/policy.ts";
import { failureOf } from "./daemon.error.ts";
import type { Daemon } from "./daemon.ts";
import { parseReference } from "./image.reference.ts";
import type { Credentials } from "./registry.credentials.ts";

/** Longest time for one image, and without a word about it. Milliseconds. */
const PULL_MS = 60 * 60_000;
const SILENCE_MS = 5 * 60_000;
/** Failures that may pass are tried again after so long, this often, before the image is said to be unpullable. */
const RETRIES_MS = [1_000, 2_000, 4_000];

/** What registries say of an image that will not be there a moment later either. */
const LASTING =
  /not found|manifest unknown|name unknown|does not exist|no such image|unauthorized|denied|forbidden|authentication required|invalid reference|no match(ing)? .*manifest|no image found/i;

const progressSchema = z.object({
  status: z.string().optional(),
  error: z.string().optional(),
  errorDetail: z.object({ message: z.string() }).optional(),
});

type Pull =
  | { state: "pulling" }
  | { state: "done" }
  | { state: "failed"; lasting: boolean; reason: string; failures: number; retryAt: Instant };

/** Pulls images beside the supervision, each once however many instances wait for it. */
export interface ImagePuller {
  /**
   * Null once the image has been pulled; then the next call pulls anew. Otherwise why not yet, or why not at all: an image
   * that could not be pulled is tried again by the call after that.
   */
  pull(image: string, onEnd: () => void): Obstacle | null;
  close(): Promise<void>;
}

interface PullerOptions {
  daemon: Daemon;
  credentials(registry: string): Promise<Credentials | null>;
  clock(): Instant;
  logger: RuntimeLogger;
}

export function createImagePuller({ daemon, credentials, clock, logger }: PullerOptions): ImagePuller {
  const pulls = new Map<string, Pull>();
  const going = new Set<Promise<void>>();
  const closed = new AbortController();

  async function pullNow(image: string): Promise<void> {
    const { registry, full } = parseReference(image);
    const authconfig = await credentials(registry);
    const quiet = new AbortController();
    const signal = AbortSignal.any([closed.signal, quiet.signal, AbortSignal.timeout(PULL_MS)]);
    const timer = setTimeout(
      () => quiet.abort(new Error(`nothing was heard for ${SILENCE_MS / 60_000} minutes`)),
      SILENCE_MS,
    );
    try {
      const stream = await daemon.stream(
        `pulling image ${image}`,
        (docker, options) => docker.pull(full, { ...options, ...(authconfig !== null && { authconfig }) }),
        signal,
      );
      let rest = "";
      for await (const chunk of stream) {
        timer.refresh();
        const lines = `${rest}${chunk}`.split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) complain(line);
      }
      complain(rest);
    } finally {
      clearTimeout(timer);
    }
  }

  function begin(image: string, failures: number, onEnd: () => void): void {
    pulls.set(image, { state: "pulling" });
    const pulling = pullNow(image)
      .then(
        () => {
          logger.info({ image }, "an image was pulled");
          pulls.set(image, { state: "done" });
        },
        (error: unknown) => {
          const reason = reasonOf(error);
          const retry = RETRIES_MS[failures];
          const lasting =
            LASTING.test(reason) ||
            (error instanceof SluiceError && error.code === "failed_precondition") ||
            retry === undefined;
          logger.warn({ image, reason }, "an image cannot be pulled");
          pulls.set(image, {
            state: "failed",
            lasting,
            reason,
            failures: failures + 1,
            retryAt: clock() + (retry ?? 0),
          });
        },
      )
      .finally(() => {
        going.delete(pulling);
        if (!closed.signal.aborted) onEnd();
      });
    going.add(pulling);
  }

  return {
    pull(image, onEnd) {
      const pull = pulls.get(image);
      switch (pull?.state) {
        case undefined:
          begin(image, 0, onEnd);
          return { ok: false, fault: "outside", reason: `image ${image} is being pulled` };
        case "pulling":
          return { ok: false, fault: "outside", reason: `image ${image} is being pulled` };
        case "done":
          pulls.delete(image);
          return null;
        case "failed": {
          const reason = `image ${image} cannot be pulled: ${pull.reason}`;
          if (pull.lasting) {
            pulls.delete(image);
            return { ok: false, fault: "lasting", reason };
          }
          if (clock() >= pull.retryAt) begin(image, pull.failures, onEnd);
          return { ok: false, fault: "outside", reason: `${reason}; it is tried again` };
        }
      }
    },
    async close() {
      closed.abort();
      await Promise.all(going);
    },
  };
}

/** A pull that fails in the middle says so in the stream; the answer's status was long sent. */
function complain(line: string): void {
  const progress = progressSchema.safeParse(parseJson(line));
  if (!progress.success) return;
  const complaint = progress.data.errorDetail?.message ?? progress.data.error;
  if (complaint !== undefined) throw new Error(complaint);
}

function reasonOf(error: unknown): string {
  if (error instanceof SluiceError) return error.cause === undefined ? error.message : failureOf(error.cause).message;
  return error instanceof Error ? error.message : String(error);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
