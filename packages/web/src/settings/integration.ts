import type { Environment, Integration, paths } from "@sluice/client";
import { headerLines, headersIn } from "./headers.ts";

type Body = paths["/v1/integrations/{name}"]["put"]["requestBody"]["content"]["application/json"];
export type Kind = Integration["kinds"][number];
type Asked = NonNullable<Integration["health"]>["type"];

export const KINDS = ["application", "agent", "prompt", "model", "pipeline"] as const satisfies Kind[];
export const QUESTIONS = ["http", "tcp", "grpc"] as const satisfies Asked[];

/** A service around deployments as it stands in fields. */
export interface IntegrationFields {
  name: string;
  enabled: boolean;
  required: boolean;
  /** None: every one. */
  kinds: Kind[];
  environments: Environment["name"][];
  /** How it is asked whether it is well; empty: it is not. */
  question: Asked | "";
  address: string;
  path: string;
  service: string;
  /** Where it is told of what serves; empty: it is not. */
  url: string;
  headers: string;
}

export const NO_INTEGRATION: IntegrationFields = {
  ...{ name: "", enabled: true, required: true, kinds: [], environments: [] },
  ...{ question: "http", address: "", path: "", service: "", url: "", headers: "" },
};

export const fieldsOfIntegration = (integration: Integration): IntegrationFields => {
  const { name, enabled, required, kinds, environments, health, webhook } = integration;
  return {
    ...{ name, enabled, required, kinds, environments },
    ...{ question: health?.type ?? "", address: health?.address ?? "" },
    ...{ path: health?.path ?? "", service: health?.service ?? "" },
    ...{ url: webhook?.url ?? "", headers: webhook === null ? "" : headerLines(webhook.headers) },
  };
};

/** What is sent to declare the service, or to change the known one: what has no field stays as it is. */
export function integrationWith(fields: IntegrationFields, known: Integration | null): Body {
  const { enabled, required, kinds, environments, question, address, path, service, url, headers } = fields;
  const health = {
    ...(known?.health != null && { timeoutSeconds: known.health.timeoutSeconds }),
    ...{ type: question === "" ? ("http" as const) : question, address: address.trim() },
    ...(question === "http" && path.trim() !== "" && { path: path.trim() }),
    ...(question === "grpc" && service.trim() !== "" && { service: service.trim() }),
  };
  const webhook = {
    ...(known?.webhook != null && { timeoutSeconds: known.webhook.timeoutSeconds }),
    ...{ url: url.trim(), headers: headersIn(headers) ?? {} },
  };
  return {
    ...{ enabled, required, kinds, environments },
    health: question === "" ? null : health,
    webhook: url.trim() === "" ? null : webhook,
  };
}
