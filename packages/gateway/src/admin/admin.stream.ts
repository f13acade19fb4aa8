import type { ServerResponse } from "node:http";
import type { Gateway } from "../gateway.ts";

/** How often a snapshot is sent (ms). */
const EVERY_MS = 250;

/** Snapshots as NDJSON, one at once, then four a second, and one in the very moment a guard closes. A slow reader misses some. */
export function streamSnapshots(gateway: Gateway, response: ServerResponse): void {
  response.writeHead(200, { "content-type": "application/x-ndjson", "cache-control": "no-store" });
  const send = (): void => {
    if (!response.writableNeedDrain) response.write(`${JSON.stringify(gateway.snapshot())}\n`);
  };
  const timer = setInterval(send, EVERY_MS);
  const stopListening = gateway.onClosed(send);
  response.on("close", () => {
    clearInterval(timer);
    stopListening();
  });
  send();
}
