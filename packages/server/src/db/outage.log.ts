import type { Logger } from "pino";
import { fromDatabase } from "./failure.ts";

/** What a part says of work that it does again and again. */
export interface OutageLog {
  /** Says why it failed. That the database is away is said once, until `worked` is called. */
  failed(error: unknown, message: string, fields?: object): void;
  /** The work was done. */
  worked(): void;
}

/** A database that is away for minutes is one line of each part that misses it, not one of each round. */
export function createOutageLog(logger: Pick<Logger, "warn">): OutageLog {
  let isSaid = false;
  return {
    failed(error, message, fields = {}) {
      const isOutage = isAway(error);
      if (!isOutage || !isSaid) logger.warn({ err: error, ...fields }, message);
      isSaid = isOutage;
    },
    worked() {
      isSaid = false;
    },
  };
}

/** Whether something failed because the database did not answer. */
export const isAway = (error: unknown): boolean => fromDatabase(error)?.code === "unavailable";
