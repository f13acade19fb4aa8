import { ok } from "@sluice/client";
import type { System } from "./system.ts";

/** How one answer of a version went. */
export interface Went {
  score?: number;
  error?: boolean;
  latencyMs?: number;
}

/** An application that reads a prompt for one person after the other, and reports how each answer went. */
export interface Readers {
  /** Reports that the server acknowledged, by version. */
  readonly acknowledged: ReadonlyMap<string, number>;
  /** What went wrong, in words. */
  readonly failures: readonly string[];
  stop(): Promise<void>;
}

/** `went` says how the answers of a version go; `number` counts all answers. */
export function sendReaders(
  system: System,
  deployment: string,
  went: (version: string, number: number) => Went,
): Readers {
  const acknowledged = new Map<string, number>();
  const failures: string[] = [];
  let stopped = false;
  let number = 0;
  const one = async (): Promise<void> => {
    number += 1;
    const id = `answer-${number}`;
    const { http } = system.client;
    const { version, reason } = await resolve(system, deployment, `person-${number}`);
    await ok(http.POST("/v1/feedback", { body: { deployment, version, reason, id, ...went(version, number) } }));
    acknowledged.set(version, (acknowledged.get(version) ?? 0) + 1);
  };
  const loop = async (): Promise<void> => {
    while (!stopped) await one().catch((error: unknown) => failures.push(String(error)));
  };
  const loops = [loop(), loop(), loop()];
  return {
    acknowledged,
    failures,
    async stop() {
      stopped = true;
      await Promise.all(loops);
    },
  };
}

/** What somebody is handed, over the wire. */
export async function resolve(system: System, deployment: string, key: string, context = "") {
  const url = `${system.url}/v1/resolve/${deployment}?key=${encodeURIComponent(key)}${context}`;
  const answer = await fetch(url);
  if (answer.status !== 200) throw new Error(`${url} answered ${answer.status}: ${await answer.text()}`);
  return (await answer.json()) as Resolved;
}

export interface Resolved {
  revision: number;
  version: string;
  reason: "SPLIT" | "TARGETING_MATCH" | "STATIC" | "DEFAULT";
  content: { text?: string; parameters: object };
}
