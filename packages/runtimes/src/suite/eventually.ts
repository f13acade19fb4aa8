import { setTimeout as delay } from "node:timers/promises";

/** Asks again and again until there is an answer. Throws, naming what was awaited, when there is none in time. */
export async function eventually<T>(
  what: string | (() => string),
  ask: () => Promise<T | undefined>,
  timeoutMs = 60_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > deadline)
      throw new Error(`waited ${timeoutMs} ms in vain: ${typeof what === "string" ? what : what()}`);
    await delay(20);
  }
}
