import { type Instant, SluiceError } from "@sluice/core";
import type { Principal } from "../access/principal.ts";

interface HeaderWriter {
  header(name: string, value: number): unknown;
}

/** How often a caller reads prompts, or reports of them, in a second. Its own, since the limit of the API is one of minutes and of people. */
export interface ResolveLimit {
  /** Counts one, if the caller may have it. */
  allows(principal: Principal): boolean;
  /** The same; throws `resource_exhausted` when not, and says in `reply` when to come back. */
  take(principal: Principal, reply: HeaderWriter): void;
}

const SECOND = 1_000;

/** @param most readings and reports a second for one caller, above 0 */
export function createResolveLimit(most: number, clock: () => Instant): ResolveLimit {
  let counts = new Map<string, number>();
  let until = 0;
  const allows = ({ name, project }: Principal): boolean => {
    const now = clock();
    if (now >= until) {
      counts = new Map();
      until = now + SECOND;
    }
    const caller = `${project ?? ""}/${name}`;
    const count = (counts.get(caller) ?? 0) + 1;
    if (count > most) return false;
    counts.set(caller, count);
    return true;
  };
  return {
    allows,
    take(principal, reply) {
      if (allows(principal)) return;
      reply.header("retry-after", SECOND / 1_000);
      throw new SluiceError(
        "resource_exhausted",
        `more than ${most} readings and reports of prompts in a second; come back in the next one`,
      );
    },
  };
}
