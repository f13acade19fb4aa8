import { createHash } from "node:crypto";

/** A short name of one stream of an instance, in which of many of them no two are alike. */
export const streamKey = (instance: string, stream: string): string =>
  createHash("sha256").update(`${instance} ${stream}`).digest("base64url").slice(0, 8);
