import type { CallersRequest } from "./caller.ts";
import type { Failure } from "./failure.ts";
import type { RequestBody } from "./request.body.ts";
import { isRepeatable } from "./request.head.ts";

/** A connection that cannot be made is tried at this many endpoints; a reset one is tried once more. */
const MAX_ATTEMPTS = 3;
const MAX_RESETS = 2;

/**
 * Whether a request may be sent to another endpoint after an attempt without an answer: as long as no instance can have seen it,
 * or when it changes nothing. A body that has begun to leave is gone.
 */
export function mayRepeat({ refused, timedOut }: Failure, { request, hasBody, body, attempts }: Attempted): boolean {
  if (body?.started === true) return false;
  if (refused) return attempts < MAX_ATTEMPTS;
  return attempts < MAX_RESETS && isRepeatable(request) && !hasBody && !timedOut;
}

interface Attempted {
  request: CallersRequest;
  hasBody: boolean;
  /** What is on its way of it; null for one that is whole already. */
  body: RequestBody | null;
  attempts: number;
}
