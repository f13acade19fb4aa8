import { createHash } from "node:crypto";
import type { PromptContent, ResolveReason } from "@sluice/core";
import type { PromptRoute } from "./resolve.store.ts";

/** What an answer says. */
export interface Answered {
  revision: number;
  reason: ResolveReason;
  version: string;
  content: PromptContent;
}

/** One answer in every form that it is asked for in, as bytes: the same for everybody who is dealt it. */
export interface Prepared {
  /** Strong: of the bytes. */
  etag: string;
  /** Of `GET /v1/resolve/…`. */
  body: Buffer;
  /** Of one flag of OFREP. */
  flag: Buffer;
}

export type Asked = Pick<PromptRoute, "id" | "project" | "environment" | "name">;

/** As `GET /v1/resolve/…` answers it. */
export function resolvedView({ id, project, environment, name }: Asked, answered: Answered, rendered: boolean) {
  const { revision, reason, version, content } = answered;
  return {
    deployment: name,
    id,
    project,
    environment,
    revision,
    version,
    variant: version,
    reason,
    rendered,
    content: contentView(content, rendered),
  };
}

/** As OFREP has it, whose words for reasons have none for a rule that did not hold: then one version is for everybody. */
export function flagView({ id, project, environment, name }: Asked, { revision, reason, version, content }: Answered) {
  return {
    key: name,
    reason: reason === "DEFAULT" ? "STATIC" : reason,
    variant: version,
    metadata: { deployment: id, project, environment, revision, version },
    value: contentView(content, false),
  };
}

export function prepare(asked: Asked, answered: Answered): Prepared {
  const body = Buffer.from(JSON.stringify(resolvedView(asked, answered, false)));
  const flag = Buffer.from(JSON.stringify(flagView(asked, answered)));
  return { etag: etagOf(body), body, flag };
}

export const etagOf = (...parts: readonly (Buffer | string)[]): string => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return `"${hash.digest("base64url").slice(0, 22)}"`;
};

/** What a prompt consists of; variables only while they are still to be filled in. */
const contentView = ({ text, messages, model, parameters, variables }: PromptContent, rendered: boolean) => ({
  ...(text !== undefined && { text }),
  ...(messages !== undefined && { messages }),
  ...(model !== undefined && { model }),
  parameters,
  ...(variables !== undefined && !rendered && { variables }),
});
