import { z } from "zod";
import { idParams } from "../model.schema.ts";
import { ABANDONED_AFTER } from "./resumable.service.ts";
import type { StoredUpload } from "./resumable.store.ts";
import { CHECKSUMS } from "./upload.checksum.ts";

export const TUS = "1.0.0";

/** Absent or the version that we speak: any other is refused before this is read. */
const tusVersion = z.literal(TUS).optional().describe("Of the protocol; any other is refused with 412.");
const byteCount = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

const checksum = z
  .string()
  .max(512)
  .optional()
  .describe(
    `${CHECKSUMS.map((name) => `\`${name}\``).join(", ")}, and the piece's digest in Base64: it is kept as a whole, or refused with 460.`,
  );

export const beginHeaders = z.looseObject({
  "tus-resumable": tusVersion,
  "upload-length": byteCount.describe("Bytes of the whole file."),
  "upload-metadata": z
    .string()
    .max(4_096)
    .describe(
      "`filename`, and where they are known `sha256` and `fingerprint`, each with its value in Base64; `more` without one where other files of the version follow: it is not READY before the last.",
    ),
});

export const sendHeaders = z.looseObject({
  "tus-resumable": tusVersion,
  "upload-offset": byteCount.describe("The first byte of this piece: as many as have arrived."),
  "upload-checksum": checksum,
});

export const overrideHeaders = z.looseObject({
  "x-http-method-override": z.enum(["PATCH", "DELETE"]),
  "upload-offset": byteCount.optional(),
  "upload-checksum": checksum,
});

export const uploadParams = idParams.extend({ upload: z.string().max(64) });

const time = z.iso.datetime();

export const uploadView = z
  .object({
    id: z.string(),
    name: z.string(),
    bytes: z.int().describe("Of the whole file."),
    received: z.int().describe("Bytes that have arrived."),
    sha256: z.string().nullable().describe("What it must come to; null: the caller has not said."),
    fingerprint: z.string().nullable().describe("By what its sender knows the file again."),
    createdAt: time,
    createdBy: z.string(),
    expiresAt: time.describe("When it is forgotten, unless somebody goes on with it."),
  })
  .meta({
    id: "ModelUpload",
    examples: [
      {
        id: "upl_0199",
        name: "model.onnx",
        bytes: 52_428_800,
        received: 16_777_216,
        sha256: null,
        fingerprint: "1763805600000",
        createdAt: "2026-11-22T10:00:00.000Z",
        createdBy: "ada",
        expiresAt: "2026-11-23T10:00:05.000Z",
      },
    ],
  });

export const viewOfUpload = (upload: StoredUpload): z.input<typeof uploadView> => ({
  id: upload.id,
  name: upload.name,
  bytes: upload.bytes,
  received: upload.received,
  sha256: upload.sha256,
  fingerprint: upload.fingerprint,
  createdAt: upload.createdAt.toISOString(),
  createdBy: upload.createdBy,
  expiresAt: expiryOf(upload).toISOString(),
});

export const expiryOf = ({ updatedAt }: StoredUpload): Date => new Date(updatedAt.getTime() + ABANDONED_AFTER);
