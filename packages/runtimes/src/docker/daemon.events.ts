import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import type { RuntimeLogger } from "../supervision/policy.ts";
import { LABELS } from "./container.labels.ts";
import type { Daemon } from "./daemon.ts";

const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 5_000;
/** Events get lost: how often all containers are looked at without one. */
const LOOK_MS = 15_000;

const eventSchema = z.object({ Action: z.string(), Actor: z.object({ ID: z.string() }) });

/** After which a container may not run any more. */
const ENDS = new Set(["die", "died", "stop", "kill", "oom", "destroy", "remove"]);

export interface DaemonWatch {
  close(): Promise<void>;
}

interface WatchOptions {
  daemon: Daemon;
  owner: string;
  logger: RuntimeLogger;
  /** Something may have happened to the container. */
  onContainer(id: string): void;
  /** Something may have happened to any: the daemon is there again, or nobody has looked for a while. */
  onAny(): void;
}

/** Listens to what happens to our containers, for as long as it takes, through absences of the daemon. */
export function watchDaemon({ daemon, owner, logger, onContainer, onAny }: WatchOptions): DaemonWatch {
  const closed = new AbortController();
  const { signal } = closed;
  const filters = { type: ["container" as const], label: [`${LABELS.owner}=${owner}`] };

  async function listen(onOpen: () => void): Promise<void> {
    const events = await daemon.stream(
      "listening to what happens to containers",
      (docker) => docker.getEvents({ filters }),
      signal,
    );
    onOpen();
    let rest = "";
    for await (const chunk of events) {
      const lines = `${rest}${chunk}`.split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        const event = eventSchema.safeParse(parseJson(line));
        if (event.success && ENDS.has(event.data.Action)) onContainer(event.data.Actor.ID);
      }
    }
  }

  async function listenForEver(): Promise<void> {
    let retry = FIRST_RETRY_MS;
    let away = false;
    while (!signal.aborted) {
      try {
        await listen(() => {
          if (away) logger.info({ daemon: daemon.address.name }, "the daemon is there again");
          [retry, away] = [FIRST_RETRY_MS, false];
          onAny();
        });
      } catch (error) {
        if (signal.aborted) return;
        if (!away) logger.warn({ daemon: daemon.address.name, err: error }, "the daemon cannot be listened to");
        away = true;
      }
      await delay(retry, undefined, { signal }).catch(() => undefined);
      retry = Math.min(LAST_RETRY_MS, retry * 2);
    }
  }

  const listening = listenForEver();
  const timer = setInterval(onAny, LOOK_MS);
  return {
    async close() {
      closed.abort();
      clearInterval(timer);
      await listening;
    },
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null; // An empty line, or no event.
  }
}
