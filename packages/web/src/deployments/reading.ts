import type { Deployment } from "@sluice/client";

/** What has been read of a list that may be long. */
export interface Reading {
  deployments: readonly Deployment[];
  /** Whether that is all. */
  complete: boolean;
  /** There are more than anybody could look through. */
  tooMany: boolean;
  /** When it was last read to its end; ms since 1970, 0: never. */
  wholeAt: number;
}

export const UNREAD: Reading = { deployments: [], complete: false, tooMany: false, wholeAt: 0 };

/** A list up to this length is read whole with every event; of a longer one the newest page is, and the rest in a while. */
const SHORT = 400;
export const WHOLE_EVERY_MS = 20_000;

export const isLong = ({ deployments }: Reading): boolean => deployments.length > SHORT;

/** Whether the newest page is enough for now. */
export const isFreshEnough = (known: Reading, now: number): boolean =>
  isLong(known) && now - known.wholeAt < WHOLE_EVERY_MS;

/** What is known with the newest page in front: what is on it is as it is there, what is new is added. */
export function withNewest(known: Reading, newest: readonly Deployment[]): Reading {
  const fresh = new Map(newest.map((deployment) => [deployment.id, deployment]));
  const oldest = newest.at(-1)?.id ?? "";
  // Newest first, by ids that grow: what should be on the page and is not is gone.
  const rest = known.deployments.filter(({ id }) => id < oldest && !fresh.has(id));
  return { ...known, deployments: [...newest, ...rest] };
}
