import type { Locator, Page } from "playwright-core";
import type { Furnished } from "./furnished.ts";

/** Something that opens over a page, on a furnished server. */
export interface Dialogue {
  path: (on: Furnished) => string;
  /** The button that opens it. */
  opener: (page: Page) => Locator;
}

const button = (name: string | RegExp) => (page: Page) => page.getByRole("main").getByRole("button", { name }).first();
const rollout = ({ moving }: Furnished) => `/rollouts/${moving}`;
const deployment = ({ deployment: id }: Furnished) => `/deployments/${id}`;

/** Every question, form and text that opens over a page, by a name. */
export const DIALOGUES: Readonly<Record<string, Dialogue>> = {
  "approving a rollout": { path: rollout, opener: button("Approve") },
  "rolling back": { path: rollout, opener: button("Roll back") },
  "promoting now": { path: rollout, opener: button("Promote now") },
  "the keys": { path: rollout, opener: button("Keys") },
  "scaling a deployment": { path: deployment, opener: button("Scale") },
  "deleting a deployment": { path: deployment, opener: button("Delete") },
  "rolling back to a revision": {
    path: (on) => `${deployment(on)}?tab=revisions`,
    opener: button(/Roll back to/),
  },
  "a new artifact": { path: () => "/artifacts", opener: button("New artifact") },
  "a new version": { path: () => "/artifacts/storefront", opener: button("Register a version") },
  "a new environment": { path: () => "/environments", opener: button("New environment") },
  "taking an environment away": { path: () => "/environments/canary-eu", opener: button("Delete") },
  "an entry of the audit log": { path: () => "/audit", opener: button(/^Detail of entry/) },
  "a new token": { path: () => "/settings", opener: button("New token") },
  "revoking a token": { path: () => "/settings", opener: button("Revoke ci") },
  "a new channel": { path: () => "/settings?section=channels", opener: button("New channel") },
  "a new key of a channel": { path: () => "/settings?section=channels", opener: button("New key for on-call") },
  "a new secret": { path: () => "/settings?section=secrets", opener: button("New secret") },
  "another value of a secret": {
    path: () => "/settings?section=secrets",
    opener: button("Rotate DATABASE_PASSWORD"),
  },
};
