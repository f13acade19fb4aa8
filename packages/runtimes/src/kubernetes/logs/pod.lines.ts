import type { Instant } from "@sluice/core";
import { createLineSplitter } from "../../supervision/line.splitter.ts";
import type { LogPosition } from "../../supervision/log.position.ts";

/** A line of a pod's log, or a piece of a long one. */
export interface PodLine {
  text: string;
  at: Instant | null;
  /** Nanoseconds since 1970, all of 19 digits; of a line without a time that of the line before. */
  moment: string;
}

/** As a kubelet writes it with `timestamps=true`: RFC 3339, as exact as it likes. */
const STAMPED = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)(?: |$)/;
const NEVER = "0".repeat(19);

/** Takes a pod's log apart into lines and their times. */
export function createPodLines(): { push(bytes: Buffer): PodLine[]; flush(): PodLine[] } {
  const splitter = createLineSplitter();
  let last: Pick<PodLine, "at" | "moment"> = { at: null, moment: NEVER };
  let isRest = false;

  function lineOf(text: string, goesOn: boolean): PodLine {
    const stamp = isRest ? null : STAMPED.exec(text);
    isRest = goesOn;
    if (stamp === null) return { text, ...last };
    const [whole, second, fraction = "", zone] = stamp;
    const start = Date.parse(`${second}${zone}`);
    last = {
      at: start + Number(fraction.padEnd(3, "0").slice(0, 3)),
      moment: `${start / 1_000}${fraction.padEnd(9, "0")}`.padStart(19, "0"),
    };
    return { text: text.slice(whole.length), ...last };
  }

  return {
    push: (bytes) => splitter.cut(bytes).map(({ text, goesOn }) => lineOf(text, goesOn)),
    flush: () => splitter.flush().map((text) => lineOf(text, false)),
  };
}

/** The moment to read from on: a second before the position, since a cluster is asked in whole seconds. */
export const sinceOf = ({ at }: LogPosition): string =>
  new Date(Math.max(0, Number(at.slice(0, -9)) - 1) * 1_000).toISOString();
