import { SluiceError } from "@sluice/core";
import { StatusError } from "../../../http/status.ts";

/** What a piece must come to. */
export interface Checksum {
  algorithm: (typeof CHECKSUMS)[number];
  digest: Buffer;
}

/** By how they are called in tus, and in Node. */
export const CHECKSUMS = ["sha1", "sha256", "sha512"] as const;

/** `Upload-Checksum` of tus: an algorithm and the digest in Base64. Throws `invalid_argument` for one that is not known. */
export function readChecksum(header: string | undefined): Checksum | null {
  if (header === undefined) return null;
  const [name, value = ""] = header.trim().split(" ", 2);
  const algorithm = CHECKSUMS.find((one) => one === name);
  if (algorithm === undefined) {
    throw new SluiceError("invalid_argument", `${name} is no checksum that is known here: ${CHECKSUMS.join(", ")} are`);
  }
  return { algorithm, digest: Buffer.from(value, "base64") };
}

/** As the extension Checksum has it. */
export const mismatch = ({ algorithm }: Checksum): StatusError =>
  new StatusError(
    460,
    "data_loss",
    `the piece does not come to its ${algorithm}; nothing of it was kept, send it again`,
  );
