import { randomBytes } from "node:crypto";

/** The revision leads the id, so that the output of an ended instance is still known by it. */
export const newInstanceId = (revision: number): string => `r${revision}-${randomBytes(6).toString("hex")}`;

/** Null for an id that none of ours would be. */
export const revisionInId = (id: string): number | null => {
  const match = /^r(\d+)-/.exec(id);
  return match === null ? null : Number(match[1]);
};
