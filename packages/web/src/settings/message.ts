import type { NotificationDelivery } from "@sluice/client";
import type { Tone } from "../ui/badge.tsx";

export const STATUS_TONES: Readonly<Record<NotificationDelivery["status"], Tone>> = {
  pending: "accent",
  delivered: "good",
  dead: "bad",
  held_back: "warn",
};

export const STATUS_WORDS: Readonly<Record<NotificationDelivery["status"], string>> = {
  pending: "on its way",
  delivered: "delivered",
  dead: "given up",
  held_back: "held back",
};

/** What a message says, in one line. */
export function summaryOf({ type, message }: Pick<NotificationDelivery, "type" | "message">): string {
  const { summary, deployment, version } = message;
  if (typeof summary === "string") return summary;
  const name = typeof deployment === "object" && deployment !== null && "name" in deployment ? deployment.name : null;
  return [type, name, version].filter((part) => typeof part === "string").join(" ");
}
