import { setTimeout } from "node:timers/promises";
import type { NotificationDelivery } from "@sluice/client";

/** Times to ask what became of a message, in milliseconds: somebody sits and waits. */
const LOOKS = [50, 100, 200, 400, 800, 1_000, 1_000, 2_000, 2_000, 2_000];

/** The message as soon as an attempt has said something about it, or what is known when patience ends. */
export async function untilDelivered(
  sent: NotificationDelivery,
  read: () => Promise<NotificationDelivery | undefined>,
  wait: (ms: number) => Promise<unknown> = setTimeout,
): Promise<NotificationDelivery> {
  let known = sent;
  for (const delay of LOOKS) {
    if (known.status !== "pending" || known.attempts > 0) break;
    await wait(delay);
    known = (await read()) ?? known;
  }
  return known;
}
