import { checkedSha256, checkFileName, invalidField } from "@sluice/core";

/** What a caller says of a file that it is about to send. */
export interface UploadMetadata {
  name: string;
  /** What its content must come to; null: not said. */
  sha256: string | null;
  /** By what the caller knows the same file again; null: by nothing. */
  fingerprint: string | null;
  /** Whether other files of the version follow. */
  more: boolean;
  /** All of it, word for word. */
  header: string;
}

const PAIR = /^([\x21-\x7e]+?)(?: ([A-Za-z0-9+/]*={0,2}))?$/;
const LONGEST_FINGERPRINT = 255;

/**
 * `Upload-Metadata` of tus: pairs of a name and a value in Base64, between commas. What else is in it is for others.
 * Throws `invalid_argument` for what cannot be read, and for a name that no file may have.
 */
export function readMetadata(header: string): UploadMetadata {
  const values = new Map(
    header.split(",").map((pair) => {
      const [, name, value = ""] = PAIR.exec(pair.trim()) ?? [];
      if (name === undefined) {
        throw invalidField("headers.upload-metadata", header.slice(0, 200), "filename and its value in Base64");
      }
      return [name, Buffer.from(value, "base64").toString()] as const;
    }),
  );
  const name = values.get("filename") ?? "";
  checkFileName(name, "headers.upload-metadata.filename");
  const sha256 = values.get("sha256") ?? null;
  const fingerprint = values.get("fingerprint") ?? null;
  if (fingerprint !== null && (fingerprint.length > LONGEST_FINGERPRINT || fingerprint.includes("\0"))) {
    const allowed = `at most ${LONGEST_FINGERPRINT} characters`;
    throw invalidField("headers.upload-metadata.fingerprint", fingerprint.slice(0, 50), allowed);
  }
  return {
    name,
    sha256: sha256 === null ? null : checkedSha256(sha256, "headers.upload-metadata.sha256"),
    fingerprint,
    more: values.has("more"),
    header,
  };
}
