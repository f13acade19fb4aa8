import { invalidField } from "@sluice/core";
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import type { Principal } from "../../../access/principal.ts";
import type { App } from "../../../http/app.types.ts";
import type { Services } from "../../../http/services.ts";
import { NO_TIMEOUT } from "../../../http/sse.ts";
import { idParams } from "../model.schema.ts";
import { discoverTus, expires, notAPiece, PIECE, speakTus } from "./resumable.protocol.ts";
import {
  beginHeaders,
  expiryOf,
  overrideHeaders,
  sendHeaders,
  uploadParams,
  uploadView,
  viewOfUpload,
} from "./resumable.schema.ts";
import { readChecksum } from "./upload.checksum.ts";
import { readMetadata } from "./upload.metadata.ts";

const ALL = "/api/v1/versions/:id/uploads";
const ONE = `${ALL}/:upload` as const;

/** A piece of a file, however it came. */
interface Piece {
  principal: Principal;
  params: z.output<typeof uploadParams>;
  headers: { "content-type"?: string | undefined; "upload-offset": number; "upload-checksum"?: string | undefined };
  raw: FastifyRequest["raw"];
}

/** Uploads that go on after whatever broke them, as tus 1.0.0 has it. */
export function resumableRoutes(app: App, { models: { resumable } }: Services): void {
  const tags = ["Models"];
  app.register(async (scope: App) => {
    // Read by the handler, part by part; a piece is never in memory as a whole.
    scope.addContentTypeParser(PIECE, (_request, _payload, done) => done(null));
    speakTus(scope);
    discoverTus(scope, [ALL, ONE], resumable.uploadLimit);

    const send = async ({ principal, params, headers, raw }: Piece, reply: FastifyReply) => {
      // What is not there is not there, whatever is sent to it.
      await resumable.get(principal, params.id, params.upload);
      if (headers["content-type"] !== PIECE) throw notAPiece(headers["content-type"]);
      const checksum = readChecksum(headers["upload-checksum"]);
      const key = { version: params.id, upload: params.upload };
      const piece = { offset: headers["upload-offset"], checksum, request: raw };
      const { received, expiresAt } = await resumable.receive(principal, key, piece);
      return reply
        .code(204)
        .headers({ "upload-offset": received, ...expires(expiresAt) })
        .send();
    };
    const giveUp = async ({ principal, params }: Pick<Piece, "principal" | "params">, reply: FastifyReply) => {
      await resumable.abandon(principal, params.id, params.upload);
      return reply.code(204).send();
    };

    scope.post(
      ALL,
      {
        config: { repeatable: true },
        schema: {
          operationId: "createModelUpload",
          summary: "Begin to upload a file of a version, or go on with it",
          description:
            "The first request of [tus](https://tus.io/protocols/resumable-upload), which any client of it speaks. The same " +
            "name, length, checksum and fingerprint are the same file: `received` of the answer says how much of it is here.",
          tags,
          params: idParams,
          headers: beginHeaders,
          response: { 201: uploadView },
        },
      },
      async ({ principal, params, headers }, reply) => {
        const metadata = readMetadata(headers["upload-metadata"]);
        const upload = await resumable.begin(principal, params.id, headers["upload-length"], metadata);
        const location = `/api/v1/versions/${params.id}/uploads/${upload.id}`;
        const until = expires(upload.finished ? null : expiryOf(upload));
        return reply
          .code(201)
          .headers({ location, "upload-offset": upload.received, ...until })
          .send(viewOfUpload(upload));
      },
    );

    scope.get(
      ALL,
      {
        schema: {
          operationId: "listModelUploads",
          summary: "List the files of a version that are on their way",
          tags,
          params: idParams,
          response: { 200: z.object({ items: z.array(uploadView), nextCursor: z.null() }) },
        },
      },
      async ({ principal, params }) => {
        const uploads = await resumable.list(principal, params.id);
        return { items: uploads.map(viewOfUpload), nextCursor: null };
      },
    );

    scope.head(
      ONE,
      {
        schema: {
          operationId: "headModelUpload",
          summary: "Ask how much of a file has arrived",
          description: "`Upload-Offset` says it: the next piece begins there.",
          tags,
          params: uploadParams,
          response: { 200: z.undefined().describe("It is on its way, or has arrived") },
        },
      },
      async ({ principal, params }, reply) => {
        const upload = await resumable.get(principal, params.id, params.upload);
        return reply
          .headers({ "upload-offset": upload.received, "upload-length": upload.bytes })
          .headers(upload.metadata === "" ? {} : { "upload-metadata": upload.metadata })
          .headers(expires(upload.finished ? null : expiryOf(upload)))
          .send();
      },
    );

    scope.patch(
      ONE,
      {
        config: { repeatable: true, slowBody: true },
        handlerTimeout: NO_TIMEOUT,
        schema: {
          operationId: "sendModelUpload",
          summary: "Send the next piece of a file",
          description:
            "The body is the piece by itself, `application/offset+octet-stream` (else 415). What has arrived when the connection breaks is " +
            "kept; `Upload-Expires` says until when. With the last piece the file is checked and belongs to its version, which is READY with a model among its files.",
          tags,
          params: uploadParams,
          headers: sendHeaders,
          response: { 204: z.undefined().describe("Kept; `Upload-Offset` says where the next piece begins") },
        },
      },
      ({ principal, params, headers, raw }, reply) => send({ principal, params, headers, raw }, reply),
    );

    scope.delete(
      ONE,
      {
        schema: {
          operationId: "deleteModelUpload",
          summary: "Give up a file that is on its way",
          tags,
          params: uploadParams,
          response: { 204: z.undefined().describe("Nothing of it is kept") },
        },
      },
      giveUp,
    );

    // For callers between which and us something lets neither PATCH nor DELETE pass.
    scope.post(
      ONE,
      {
        config: { repeatable: true, slowBody: true },
        handlerTimeout: NO_TIMEOUT,
        schema: { hide: true, params: uploadParams, headers: overrideHeaders },
      },
      async ({ principal, params, headers, raw }, reply) => {
        if (headers["x-http-method-override"] === "DELETE") return giveUp({ principal, params }, reply);
        const offset = headers["upload-offset"];
        if (offset === undefined) throw invalidField("headers.upload-offset", offset, "the first byte of this piece");
        return send({ principal, params, headers: { ...headers, "upload-offset": offset }, raw }, reply);
      },
    );
  });
}
