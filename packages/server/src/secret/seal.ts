import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { SluiceError } from "@sluice/core";

const CIPHER = "aes-256-gcm";
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const FORM = "v1";

/** Hides values from whoever has the database alone. */
export interface Sealer {
  /** `about` says what the value is of: sealed text that is moved elsewhere does not open. */
  seal(value: string, about: string): string;
  /** Throws `failed_precondition` when the key is not the one it was sealed with, or the text was changed. */
  open(sealed: string, about: string): string;
}

export function createSealer(key: Buffer): Sealer {
  return {
    seal(value, about) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(CIPHER, key, nonce).setAAD(Buffer.from(about));
      const body = Buffer.concat([cipher.update(value, "utf8"), cipher.final()]);
      return `${FORM}.${Buffer.concat([nonce, cipher.getAuthTag(), body]).toString("base64url")}`;
    },
    open(sealed, about) {
      const bytes = Buffer.from(sealed.slice(FORM.length + 1), "base64url");
      const nonce = bytes.subarray(0, NONCE_BYTES);
      const tag = bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES);
      try {
        const decipher = createDecipheriv(CIPHER, key, nonce).setAAD(Buffer.from(about)).setAuthTag(tag);
        return decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES), undefined, "utf8") + decipher.final("utf8");
      } catch (cause) {
        throw new SluiceError(
          "failed_precondition",
          `${about} cannot be opened: it was sealed with another key than this server's (SLUICE_SECRET_KEY, or secret-key in the data folder)`,
          { cause },
        );
      }
    },
  };
}

/** What of a server's configuration its key is found by. */
export interface KeyConfig {
  secretKey: string | null;
  dataDir: string;
}

/** A server's own sealer. */
export const sealerOf = async (config: KeyConfig): Promise<Sealer> => createSealer(await sealingKey(config));

/** The key by which the server seals: the configured one, else that of the data folder, made when it is first needed. */
export async function sealingKey(config: KeyConfig): Promise<Buffer> {
  if (config.secretKey !== null) return Buffer.from(config.secretKey, "base64");
  const path = join(config.dataDir, "secret-key");
  const made = randomBytes(KEY_BYTES).toString("base64");
  await writeFile(path, `${made}\n`, { flag: "wx", mode: 0o600 }).catch((error: unknown) => {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  });
  const key = Buffer.from((await readFile(path, "utf8")).trim(), "base64");
  if (key.length === KEY_BYTES) return key;
  throw new SluiceError("failed_precondition", `${path} holds no key of ${KEY_BYTES} bytes in base64`);
}
