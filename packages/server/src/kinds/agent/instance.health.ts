import type { InstanceStatus } from "@sluice/core";
import { request } from "undici";

export interface Health {
  well: boolean;
  /** What the instance did, in a sentence. */
  seen: string;
}

/** Asks an instance itself whether it is well. Without a path, that it is ready is all that can be known. */
export async function healthOf(
  { id, address }: InstanceStatus,
  path: string | null,
  timeoutSeconds: number,
): Promise<Health> {
  if (path === null || address === null) return { well: true, seen: `${id} is ready` };
  const host = address.host.includes(":") ? `[${address.host}]` : address.host;
  const signal = AbortSignal.timeout(timeoutSeconds * 1_000);
  try {
    const { statusCode, body } = await request(`http://${host}:${address.port}${path}`, { signal });
    // Only the status matters; the rest of the answer is cut off.
    body.on("error", () => undefined).destroy();
    return { well: statusCode >= 200 && statusCode < 400, seen: `GET ${path} answered ${statusCode}` };
  } catch (error) {
    const why = signal.aborted
      ? `no answer within ${timeoutSeconds} s`
      : error instanceof Error
        ? error.message
        : error;
    return { well: false, seen: `GET ${path} of ${id}: ${why}` };
  }
}
