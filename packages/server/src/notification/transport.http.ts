import { httpOutcome, type Outcome } from "@sluice/core";
import { Agent, request } from "undici";

export interface Post {
  url: string;
  headers: Record<string, string>;
  body: string;
  timeoutSeconds: number;
  signal: AbortSignal;
}

/** Characters of an answer that are kept, as the reason of a failure. */
const SHOWN = 200;
/** Bytes of an answer that are read at all. */
const READ = 4_096;

/**
 * One POST, bounded in time and in what is read; redirections are not followed. A 2xx counts as soon as it is there, whatever comes
 * after it. The reason never holds the address or the headers that were sent. Throws only when `signal` is aborted.
 */
export async function post({ url, headers, body, timeoutSeconds, signal }: Post, now: () => number): Promise<Outcome> {
  const timeout = AbortSignal.timeout(Math.ceil(timeoutSeconds * 1_000));
  const agent = new Agent({ connect: { timeout: timeoutSeconds * 1_000 } });
  try {
    const answer = await request(url, {
      dispatcher: agent,
      method: "POST",
      headers: { "user-agent": "sluice", ...headers },
      body,
      signal: AbortSignal.any([timeout, signal]),
    });
    const { statusCode } = answer;
    // What is not read any more is cut off; that it was is nobody's error.
    answer.body.on("error", () => undefined);
    const said = statusCode < 300 ? "" : await beginning(answer.body);
    const retryAfter = answer.headers["retry-after"];
    return httpOutcome(statusCode, typeof retryAfter === "string" ? retryAfter : null, said, now());
  } catch (error) {
    signal.throwIfAborted();
    return { type: "failed", reason: timeout.aborted ? `no answer within ${timeoutSeconds} s` : whyBroken(error) };
  } finally {
    await agent.destroy();
  }
}

/** The first of what the receiver said, on one line. */
async function beginning(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of body) {
      chunks.push(chunk);
      size += chunk.length;
      if (size >= READ) break;
    }
  } catch {
    // An answer that breaks off has been heard as far as it came.
  }
  const line = Buffer.concat(chunks)
    .toString()
    .replaceAll(/[\s\0]+/g, " ")
    .trim();
  return (line.length > SHOWN ? `${line.slice(0, SHOWN)}…` : line).toWellFormed();
}

function whyBroken(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return `could not be reached (${code || "the connection broke"})`;
}
