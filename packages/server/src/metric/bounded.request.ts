import { Agent, request } from "undici";

export interface BoundedRequest {
  url: string;
  method?: "GET" | "POST";
  headers: Record<string, string>;
  body?: string;
  timeoutSeconds: number;
  /** Bytes of the answer that are read at all. */
  maxBytes?: number;
  signal: AbortSignal;
}

export type BoundedAnswer = { status: number; text: string } | { silent: string };

const MAX_ANSWER = 8_388_608;

/**
 * One request with a limit on time and on what is read. What keeps it from an answer is said without the address's user and
 * password, headers or body, where secrets are. Throws only when `signal` is aborted.
 */
export async function boundedRequest(asked: BoundedRequest): Promise<BoundedAnswer> {
  const { url, method = "GET", headers, body, timeoutSeconds, maxBytes = MAX_ANSWER, signal } = asked;
  const timeout = AbortSignal.timeout(Math.ceil(timeoutSeconds * 1_000));
  const agent = new Agent({ maxResponseSize: maxBytes, connect: { timeout: timeoutSeconds * 1_000 } });
  try {
    const answer = await request(url, {
      dispatcher: agent,
      method,
      headers,
      ...(body !== undefined && { body }),
      signal: AbortSignal.any([timeout, signal]),
    });
    return { status: answer.statusCode, text: await answer.body.text() };
  } catch (error) {
    signal.throwIfAborted();
    if (timeout.aborted) return { silent: `gave no answer within ${timeoutSeconds} s` };
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (code === "UND_ERR_RES_EXCEEDED_MAX_SIZE") return { silent: `answered more than ${maxBytes} bytes` };
    return { silent: `cannot be reached (${code || "the connection broke"})` };
  } finally {
    await agent.destroy();
  }
}

/** The address as sentences name it: a path may be a secret, as of webhooks of chats. */
export function originOf(address: string): string {
  try {
    const { protocol, host } = new URL(address);
    return `${protocol}//${host}`;
  } catch {
    return "the source";
  }
}
