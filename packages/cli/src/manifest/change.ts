import type { Rollout } from "@sluice/client";
import { ApiError } from "@sluice/client";
import type { ChangeView } from "../views/change.ts";

/** What has to be done about one resource so that the server is as the manifest says. */
export interface Change {
  action: "create" | "update" | "unchanged";
  /** What differs; of a new thing nothing, for everything does. */
  differences: ChangeView[];
  /** Does it. Resolves with the rollout that this began, if it began one. */
  apply(): Promise<Rollout | null>;
}

export const unchanged: Change = { action: "unchanged", differences: [], apply: async () => null };

/** Through JSON, as it goes over the wire: fields that are undefined are left out. */
export const toBody = <Body>(value: object): Body => JSON.parse(JSON.stringify(value));

/** The answer, or null when there is no such thing (404). */
export async function orNull<Data>(answer: Promise<Data>): Promise<Data | null> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return null;
    throw error;
  }
}
