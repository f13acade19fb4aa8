import { createHash, randomBytes } from "node:crypto";

const PREFIX = "slu_";

/** A new API token: 256 random bits behind a prefix that scanners of leaked secrets can look for. */
export const newSecret = (): string => `${PREFIX}${randomBytes(32).toString("base64url")}`;

/**
 * What is stored instead. Plain SHA-256 is enough for 256 random bits, and a lookup by hash tells nothing by its
 * duration: who could choose hashes could choose tokens.
 */
export const hashOf = (secret: string): string => createHash("sha256").update(secret).digest("hex");
