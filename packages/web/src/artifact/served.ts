import { span } from "../format/time.ts";

interface Delivered {
  /** When its rollout was completed; null: it was not, or was taken back. */
  servedFrom: string | null;
  /** When that of the next version was; null: it is the last one. */
  servedUntil: string | null;
}

/** How long a version had all callers. `now`: milliseconds since 1970. */
export function servedFor({ servedFrom, servedUntil }: Delivered, now: number): string {
  if (servedFrom === null) return "not promoted";
  const milliseconds = (servedUntil === null ? now : Date.parse(servedUntil)) - Date.parse(servedFrom);
  const words = milliseconds < 1_000 ? "less than 1 s" : span(milliseconds);
  return servedUntil === null ? `${words}, and still does` : words;
}
