import type { Rollout } from "@sluice/client";
import { ApiError, type Client } from "@sluice/client";
import type { Change as Difference } from "@sluice/core";

/** Where resources are brought to. */
export interface Server {
  client: Client;
  /** The project of what names none; left out, the token's own, else `default`. */
  scope: { project?: string };
}

/** The server has something else under that name, which cannot be made into what is asked for. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  /** What a person can do. */
  readonly hints: readonly string[];

  constructor(message: string, hints: readonly string[] = []) {
    super(message);
    this.hints = hints;
  }
}

/** What has to be done about one resource so that the server is as the manifest says. */
export interface Change {
  action: "create" | "update" | "unchanged";
  /** What differs; of a new thing nothing, for everything does. */
  differences: Difference[];
  /** Does it. Resolves with the rollout that this began, if it began one. With the same key it never begins another one. */
  apply(options?: { key?: string }): Promise<Rollout | null>;
}

export const unchanged: Change = { action: "unchanged", differences: [], apply: async () => null };

/** The header by which the server knows a request again. */
export const keyHeader = (key: string | undefined): Record<string, string> =>
  key === undefined ? {} : { "idempotency-key": key };

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
