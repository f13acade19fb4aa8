import { setTimeout as delay } from "node:timers/promises";
import { invalidField, type LogLine, type LogQuery } from "@sluice/core";
import { createLineSplitter, type LineSplitter } from "./line.splitter.ts";
import type { LogFile, Stream } from "./log.file.ts";

export interface LogSource {
  instance: string;
  revision: number | null;
  stream: Stream;
  file: LogFile;
  /** Nothing more will be written. */
  ended: boolean;
}

interface Cursor {
  position: number;
  splitter: LineSplitter;
}

const POLL_MS = 150;
const BLOCK = 64 * 1024;
const MOST_TAIL = 10_000;

/**
 * The last lines of every matching stream, and with `follow` what comes after, new instances included. Reads on only
 * when the consumer asks for more, so a slow consumer costs no memory. Lines of one stream keep their order; between
 * streams there is none, since programs write to their files themselves.
 */
export async function* readLogs(
  sources: () => LogSource[],
  query: LogQuery,
  closed: AbortSignal,
): AsyncGenerator<LogLine> {
  const { tail = 100, follow = false } = query;
  if (!Number.isInteger(tail) || tail < 0 || tail > MOST_TAIL)
    throw invalidField("tail", tail, `a whole number from 0 to ${MOST_TAIL}`);
  const signal = query.signal === undefined ? closed : AbortSignal.any([query.signal, closed]);
  const cursors = new Map<LogFile, Cursor>();
  const matching = (): LogSource[] =>
    sources().filter(
      ({ instance, revision }) =>
        (query.instance === undefined || query.instance === instance) &&
        (query.revision === undefined || query.revision === revision),
    );

  for (const { file } of matching())
    cursors.set(file, { position: await file.tailStart(tail), splitter: createLineSplitter() });

  while (!signal.aborted) {
    for (const source of matching()) {
      const cursor = cursors.get(source.file) ?? { position: 0, splitter: createLineSplitter() };
      cursors.set(source.file, cursor);
      yield* drain(source, cursor, signal);
      if (!follow || source.ended) yield* cursor.splitter.flush().map((text) => toLine(source, text));
    }
    if (!follow) return;
    await delay(POLL_MS, undefined, { signal }).catch(() => undefined);
  }
}

/** Everything written up to the moment of the call: a stream that never pauses must not starve the others. */
async function* drain(source: LogSource, cursor: Cursor, signal: AbortSignal): AsyncGenerator<LogLine> {
  const end = await source.file.end();
  while (cursor.position < end && !signal.aborted) {
    const { bytes, next } = await source.file.read(cursor.position, Math.min(BLOCK, end - cursor.position));
    if (bytes.length === 0) return;
    cursor.position = next;
    for (const text of cursor.splitter.push(bytes)) {
      if (signal.aborted) return;
      yield toLine(source, text);
    }
  }
}

const toLine = ({ instance, stream }: LogSource, text: string): LogLine => ({ instance, stream, text });
