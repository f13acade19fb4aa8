import type { Notice } from "./notice.ts";

/** What one of the services of an integration is told of a deployment that serves, or does not any more. */
export interface Registration {
  state: "registered" | "deregistered";
  project: string;
  environment: string;
  deployment: { id: string; name: string };
  kind: string;
  artifact: string;
  version: string;
  revision: number;
  rollout: string | null;
  /** Where callers reach it; null without a route. */
  path: string | null;
  reason: string;
  at: string;
}

/** What is stored until it is delivered. */
export type Message = { kind: "notice"; notice: Notice } | { kind: "registration"; registration: Registration };

/** CloudEvents 1.0 in its JSON format. */
export interface CloudEvent {
  specversion: "1.0";
  id: string;
  source: string;
  type: string;
  subject?: string;
  time: string;
  datacontenttype: "application/json";
  data: object;
}

export const CLOUD_EVENT_TYPE = "application/cloudevents+json";

/** `sluice.alert.firing`, or `agent.registered`. */
export const typeOf = (message: Message): string =>
  message.kind === "notice"
    ? `sluice.alert.${message.notice.state}`
    : `${message.registration.kind}.${message.registration.state}`;

/** The message as webhooks get it; the same id for every repetition. */
export function cloudEventOf(id: string, message: Message): CloudEvent {
  const data = message.kind === "notice" ? message.notice : message.registration;
  return {
    specversion: "1.0",
    id,
    source: `urn:sluice:project:${data.project}`,
    type: typeOf(message),
    ...(data.deployment !== null && { subject: data.deployment.id }),
    time: data.at,
    datacontenttype: "application/json",
    data,
  };
}
