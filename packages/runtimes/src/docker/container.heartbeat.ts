import type { Instant } from "@sluice/core";
import { z } from "zod";
import { HEARTBEAT_FILE } from "./container.options.ts";
import type { Daemon } from "./daemon.ts";

const HEADER = "x-docker-container-path-stat";

const headSchema = z.object({ headers: z.record(z.string(), z.unknown()) });
const statSchema = z.object({ mtime: z.iso.datetime({ offset: true }) });

/** When the stream in a container last touched its file, by the clock of the daemon's machine; null: not yet. */
export async function lastBeatOf(daemon: Daemon, container: string): Promise<Instant | null> {
  const answer = await daemon.find(`looking for the heartbeat of container ${container}`, (docker, options) =>
    docker.getContainer(container).infoArchive({ path: HEARTBEAT_FILE, ...options }),
  );
  const head = headSchema.safeParse(answer);
  if (!head.success) return null;
  const told = Buffer.from(String(head.data.headers[HEADER] ?? ""), "base64").toString("utf8");
  const stat = statSchema.safeParse(parseJson(told));
  return stat.success ? Date.parse(stat.data.mtime) : null;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
