import type { Event, Rollout } from "@sluice/client";
import { duration } from "../output/quantity.ts";
import { movement } from "../views/rollout.ts";

/** `2026-11-21T10:31:02Z  rollout.phase.changed  preparing → shifting`: one line, made for logs. */
export const eventLine = ({ at, type, message }: Event): string =>
  `${at.slice(0, 19)}Z  ${type}  ${message.replaceAll(/\s*\n\s*/g, " ")}`;

/** The last line of a watched rollout: how it ended, after how long, and why. */
export function endLine(rollout: Rollout, now: number): string {
  const end = rollout.finishedAt === null ? now : Date.parse(rollout.finishedAt);
  const spent = duration(end - Date.parse(rollout.createdAt));
  const why = rollout.reason === null ? "" : `: ${rollout.reason}`;
  return `${rollout.artifact} ${movement(rollout)} in ${rollout.environment} ${rollout.phase} after ${spent}${why}`;
}
