import type { FastifyReply, FastifyRequest } from "fastify";
import type { App } from "../../../http/app.types.ts";
import { StatusError } from "../../../http/status.ts";
import { TUS } from "./resumable.schema.ts";
import { CHECKSUMS } from "./upload.checksum.ts";

export const PIECE = "application/offset+octet-stream";

/** What tus 1.0.0 has beside its core that is spoken here. */
const EXTENSIONS = ["creation", "expiration", "checksum", "termination"];

/** What every answer of tus says, and whom it answers. */
export function speakTus(scope: App): void {
  scope.addHook("onSend", async (_request, reply) => {
    reply.headers({ "tus-resumable": TUS, "cache-control": "no-store" });
  });
  scope.addHook("onRequest", async ({ method, headers }: FastifyRequest, reply: FastifyReply) => {
    const version = headers["tus-resumable"];
    if (method === "OPTIONS" || version === undefined || version === TUS) return;
    reply.header("tus-version", TUS);
    throw new StatusError(412, "failed_precondition", `tus ${String(version)} is not spoken here; ${TUS} is`);
  });
}

/** Answers which versions, extensions and sizes there are, at every address of tus. */
export function discoverTus(scope: App, paths: readonly string[], maxSize: number): void {
  const headers = {
    ...{ "tus-version": TUS, "tus-extension": EXTENSIONS.join(","), "tus-max-size": String(maxSize) },
    "tus-checksum-algorithm": CHECKSUMS.join(","),
  };
  for (const path of paths) {
    scope.options(path, { schema: { hide: true } }, (_request, reply) => reply.code(204).headers(headers).send());
  }
}

/** As an answer names the time until which what has arrived is kept. */
export const expires = (at: Date | null): Record<string, string> =>
  at === null ? {} : { "upload-expires": at.toUTCString() };

export const notAPiece = (type: string | undefined): StatusError =>
  new StatusError(415, "invalid_argument", `a piece is ${PIECE}, not ${type ?? "something without a content-type"}`);
