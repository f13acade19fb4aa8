import { useCallback, useEffect, useRef, useState } from "react";
import { ApiError, sluice } from "../api/client.ts";
import { LogBuffer, type LogLine, type NumberedLine } from "./log-buffer.ts";

export interface LogFilter {
  deployment: string;
  revision?: number | undefined;
  instance?: string | undefined;
}

export interface LogView {
  lines: readonly NumberedLine[];
  /** How many came since the page reads, and how many of them are not kept. */
  count: number;
  dropped: number;
  /** `ended`: nothing runs that could print; it is looked again by itself. */
  state: "connecting" | "live" | "ended" | "lost";
  /** Why it cannot be read at all. */
  problem: string | null;
}

const KEEP = 5_000;
/** Lines of the past to begin with. */
const TAIL = 500;
/** However fast lines come, they are drawn at most this often. Milliseconds. */
const DRAW_MS = 100;
const AGAIN_MS = 2_000;
/** A living server says something every 15 s. */
const SILENCE_MS = 40_000;

const NOTHING: LogView = { lines: [], count: 0, dropped: 0, state: "connecting", problem: null };

/** What the instances print, as they print it. While paused the stream is read on, and what is shown stays. */
export function useLogs({ deployment, revision, instance }: LogFilter, paused: boolean): LogView {
  const [view, setView] = useState(NOTHING);
  const isPaused = useRef(paused);
  isPaused.current = paused;
  const draw = useRef<() => void>(() => undefined);

  useEffect(() => {
    setView(NOTHING);
    const stop = new AbortController();
    const buffer = new LogBuffer(KEEP);
    let state: LogView["state"] = "connecting";
    let problem: string | null = null;
    let timer: ReturnType<typeof setTimeout> | null = null;
    draw.current = () => {
      timer = null;
      const { count, dropped } = buffer;
      setView(({ lines }) => ({ lines: isPaused.current ? lines : buffer.last(), count, dropped, state, problem }));
    };
    const drawSoon = (): void => {
      timer ??= setTimeout(() => draw.current(), DRAW_MS);
    };
    const become = (next: LogView["state"], why: string | null = null): void => {
      state = next;
      problem = why;
      drawSoon();
    };
    const filter = { ...(revision !== undefined && { revision }), ...(instance !== undefined && { instance }) };
    void follow(deployment, filter, {
      signal: stop.signal,
      // What cannot be gone on from is read again, in the place of what was there.
      begin: () => buffer.clear(),
      line(line) {
        buffer.push(line);
        if (state !== "live") become("live");
        drawSoon();
      },
      become,
    });
    return () => {
      stop.abort();
      if (timer !== null) clearTimeout(timer);
    };
  }, [deployment, revision, instance]);

  // Whoever goes on is shown what has come meanwhile, also when nothing comes any more.
  const redraw = useCallback(() => draw.current(), []);
  useEffect(() => {
    if (!paused) redraw();
  }, [paused, redraw]);
  return view;
}

interface Listener {
  signal: AbortSignal;
  /** The first line of another connection is about to come, that does not go on behind the last one. */
  begin: () => void;
  line: (line: LogLine) => void;
  become: (state: LogView["state"], problem?: string | null) => void;
}

/** Reads until `signal` is aborted: first the end of what was printed, then, whatever happens to the connection, what comes after. */
async function follow(
  deployment: string,
  filter: { revision?: number; instance?: string },
  { signal, begin, line, become }: Listener,
): Promise<void> {
  const path = `/v1/deployments/${encodeURIComponent(deployment)}/logs`;
  let lastEventId: string | undefined;
  while (!signal.aborted) {
    let isFirst = lastEventId === undefined;
    let over: LogView["state"] = "lost";
    try {
      const options = { signal, lastEventId, reconnect: false, silenceMs: SILENCE_MS, onState: () => become("live") };
      for await (const { id, event, data } of sluice.stream(path, { ...filter, tail: TAIL, follow: true }, options)) {
        if (event === "end") {
          over = "ended";
          continue;
        }
        if (isFirst) begin();
        isFirst = false;
        lastEventId = id;
        line(JSON.parse(data) as LogLine);
      }
      become(over);
    } catch (error) {
      if (signal.aborted) return;
      // A revision or an instance that is gone, a role that may not read: asking again changes nothing.
      const isFinal = error instanceof ApiError && error.status < 500 && error.status !== 429;
      if (isFinal) return become("ended", error.message);
      become("lost");
    }
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  }
}
