import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef } from "react";
import { lineTime, precise } from "../format/time.ts";
import { useNow } from "../ui/use-now.ts";
import type { NumberedLine } from "./log-buffer.ts";
import { stretches } from "./log-search.ts";

/** Pixels. */
const LINE_PX = 20;
/** So near to the end counts as the end. */
const NEAR_PX = 2 * LINE_PX;

interface LogLinesProps {
  lines: readonly NumberedLine[];
  sought: string;
  showsTimes: boolean;
  /** The place of the line to be brought into view; null: none. */
  at: number | null;
  /** Whether the end is kept in view. */
  follows: boolean;
  /** Whoever scrolls up wants to read, not to be carried along. */
  onScrolledUp: () => void;
}

/** Draws the lines that can be seen. */
export function LogLines({ lines, sought, showsTimes, at, follows, onScrolledUp }: LogLinesProps) {
  const place = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => place.current,
    estimateSize: () => LINE_PX,
    overscan: 20,
  });
  const top = useRef(0);
  const last = lines.at(-1)?.number;
  const now = useNow();

  useEffect(() => {
    const { current } = place;
    if (follows && current !== null && last !== undefined) current.scrollTop = current.scrollHeight;
  }, [follows, last]);
  useEffect(() => {
    if (at !== null) virtual.scrollToIndex(at, { align: "center" });
  }, [at, virtual]);

  const onScroll = (): void => {
    const { current } = place;
    if (current === null) return;
    const isUp = current.scrollTop < top.current;
    top.current = current.scrollTop;
    const left = current.scrollHeight - current.clientHeight - current.scrollTop;
    if (follows && isUp && left > NEAR_PX) onScrolledUp();
  };

  return (
    <div
      ref={place}
      role="log"
      aria-live="off"
      aria-label="Lines of the instances"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: whoever has no mouse scrolls it with the arrow keys
      tabIndex={0}
      onScroll={onScroll}
      className="h-[max(20rem,calc(100dvh-24rem))] overflow-auto rounded-b-lg bg-sunken font-mono text-xs -outline-offset-2"
    >
      <div className="relative min-w-full" style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map(({ index, start }) => {
          const line = lines[index];
          return line === undefined ? null : (
            <div
              key={line.number}
              className={`absolute top-0 left-0 flex w-max min-w-full gap-3 px-4 leading-5 whitespace-pre ${index === at ? "bg-raised outline-1 outline-accent" : ""}`}
              style={{ height: LINE_PX, transform: `translateY(${start}px)` }}
            >
              {showsTimes && <LineTime at={line.at} now={now} />}
              <span className="text-muted">{line.instance}</span>
              <span className={line.stream === "stderr" ? "text-warn" : ""}>
                {line.stream === "stderr" && <span className="sr-only">error output: </span>}
                <Text text={line.text} sought={sought} />
              </span>
            </div>
          );
        })}
      </div>
    </div>
  );
}

/** Hours, minutes and seconds in the viewer's zone; on hover, all that is known. */
function LineTime({ at, now }: { at: string | null; now: number }) {
  const width = "min-w-[11ch] text-right text-muted tabular-nums";
  if (at === null) {
    return (
      <span className={width} title="Nobody looked when it was printed">
        –
      </span>
    );
  }
  return (
    <time dateTime={at} title={precise(at)} className={width}>
      {lineTime(at, now)}
    </time>
  );
}

function Text({ text, sought }: { text: string; sought: string }) {
  return stretches(text, sought).map(({ text: stretch, found }, index) =>
    found ? (
      <mark key={index} className="rounded-sm bg-warn-ground font-semibold text-warn">
        {stretch}
      </mark>
    ) : (
      stretch
    ),
  );
}
