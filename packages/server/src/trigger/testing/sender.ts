import { sign } from "@octokit/webhooks-methods";
import { Webhook } from "standardwebhooks";

/** Messages in the providers' documented forms, signed by libraries that are not ours. */

export interface Sent {
  headers: Record<string, string>;
  payload: string;
}

export const COMMIT = "6113728f27ae82c7b1a177c8d03f9e96e0adf246";

export const githubPush = (ref: string, over: object = {}): object => ({
  ref,
  before: "0000000000000000000000000000000000000000",
  after: COMMIT,
  created: true,
  deleted: false,
  forced: false,
  base_ref: null,
  compare: "https://github.com/acme/greeter/compare/v1.1.0",
  commits: [],
  head_commit: {
    id: COMMIT,
    message: "Greet more warmly",
    timestamp: "2026-11-21T10:00:00+00:00",
    added: [],
    removed: [],
    modified: ["server.mjs"],
  },
  repository: { id: 186853002, name: "greeter", full_name: "acme/greeter", private: false, pushed_at: 1_763_719_200 },
  pusher: { name: "alice", email: "alice@acme.example" },
  sender: { login: "alice", id: 1, type: "User" },
  ...over,
});

/** As GitHub sends its webhooks. */
export async function github(secret: string, event: string, body: object, delivery: string): Promise<Sent> {
  const payload = JSON.stringify(body);
  return {
    headers: {
      "content-type": "application/json",
      "user-agent": "GitHub-Hookshot/044aadd",
      "x-github-delivery": delivery,
      "x-github-event": event,
      "x-github-hook-id": "292430182",
      "x-hub-signature-256": await sign(secret, payload),
    },
    payload,
  };
}

export const gitlabPush = (ref: string, over: object = {}): object => ({
  object_kind: ref.startsWith("refs/tags/") ? "tag_push" : "push",
  event_name: ref.startsWith("refs/tags/") ? "tag_push" : "push",
  before: "0000000000000000000000000000000000000000",
  after: COMMIT,
  ref,
  checkout_sha: COMMIT,
  user_username: "alice",
  project_id: 15,
  project: { id: 15, name: "Greeter", path_with_namespace: "acme/greeter", default_branch: "main" },
  commits: [],
  total_commits_count: 0,
  ...over,
});

/** As GitLab sends its webhooks, with a secret token. */
export const gitlab = (token: string, event: string, body: object, delivery: string): Sent => ({
  headers: {
    "content-type": "application/json",
    "x-gitlab-event": event,
    "x-gitlab-token": token,
    "x-gitlab-event-uuid": "13792a34-cac6-4fda-95a8-c58e00a3954e",
    "idempotency-key": delivery,
  },
  payload: JSON.stringify(body),
});

/** As GitLab sends them with a signing token: by Standard Webhooks. */
export const gitlabSigned = (secret: string, event: string, body: object, delivery: string): Sent => {
  const { headers, payload } = standard(secret, body, delivery);
  return { headers: { ...headers, "x-gitlab-event": event, "idempotency-key": delivery }, payload };
};

export function standard(secret: string, body: object, id: string, at = new Date()): Sent {
  const payload = JSON.stringify(body);
  return {
    headers: {
      "content-type": "application/json",
      "webhook-id": id,
      "webhook-timestamp": String(Math.floor(at.getTime() / 1_000)),
      "webhook-signature": new Webhook(secret).sign(id, at, payload),
    },
    payload,
  };
}
