import { setTimeout as delay } from "node:timers/promises";
import {
  type Instant,
  invalidField,
  type LogLine,
  type LogPlaces,
  type LogQuery,
  placesOfToken,
  tokenOfPlaces,
} from "@sluice/core";
import { createLineSplitter, type LineSplitter } from "./line.splitter.ts";
import type { LogFile, Stream } from "./log.file.ts";
import { timesIn } from "./log.times.ts";
import { streamKey } from "./stream.key.ts";

export interface LogSource {
  instance: string;
  revision: number | null;
  stream: Stream;
  file: LogFile;
  /** Nothing more will be written. */
  ended: boolean;
}

interface Cursor {
  key: string;
  /** Up to where was read, and where the line begins that is not whole yet. */
  position: number;
  lineStart: number;
  splitter: LineSplitter;
}

const POLL_MS = 150;
const BLOCK = 64 * 1024;
/** Lines. */
export const MOST_TAIL = 100_000;

/**
 * The last lines of every matching stream, or what comes behind the line whose `next` was given; and with `follow` what comes
 * after, new instances included. Reads on only when the consumer asks for more, so a slow consumer costs no memory. Lines of one
 * stream keep their order; between streams there is none, since programs write to their files themselves.
 */
export async function* readLogs(
  sources: () => LogSource[],
  query: LogQuery,
  closed: AbortSignal,
): AsyncGenerator<LogLine> {
  const { tail = 100, follow = false } = query;
  if (!Number.isInteger(tail) || tail < 0 || tail > MOST_TAIL)
    throw invalidField("tail", tail, `a whole number from 0 to ${MOST_TAIL}`);
  const places = query.from === undefined ? null : placesOfToken(query.from);
  const signal = query.signal === undefined ? closed : AbortSignal.any([query.signal, closed]);
  const cursors = new Map<LogFile, Cursor>();
  const matching = (): LogSource[] =>
    sources().filter(
      ({ instance, revision }) =>
        (query.instance === undefined || query.instance === instance) &&
        (query.revision === undefined || query.revision === revision),
    );
  const cursorOf = (source: LogSource, position = 0): Cursor => {
    const known = cursors.get(source.file);
    if (known !== undefined) return known;
    const key = streamKey(source.instance, source.stream);
    const fresh = { key, position, lineStart: position, splitter: createLineSplitter() };
    cursors.set(source.file, fresh);
    return fresh;
  };

  for (const source of matching()) cursorOf(source, await startOf(source, tail, places));

  while (!signal.aborted) {
    const now = matching();
    for (const source of now) {
      const cursor = cursorOf(source);
      const others = now.filter(({ file }) => file !== source.file).map((other) => cursorOf(other));
      for await (const line of drain(source, cursor, !follow || source.ended, signal))
        yield follow ? withNext(line, [...others, cursor]) : line;
    }
    if (!follow) return;
    await delay(POLL_MS, undefined, { signal }).catch(() => undefined);
  }
}

/** Where to begin in a stream that is there at the beginning. */
async function startOf({ file, instance, stream }: LogSource, tail: number, places: LogPlaces | null): Promise<number> {
  if (places === null) return file.tailStart(tail);
  const place = Number.parseInt(places.get(streamKey(instance, stream)) ?? "0", 36);
  // It cannot have been read farther than it goes: then what was written down about it was lost.
  return Number.isNaN(place) || place > (await file.end()) ? file.tailStart(tail) : place;
}

/** Streams of which nothing was read are left out: whoever goes on reads them from the beginning anyway. */
function withNext(line: LogLine, cursors: Cursor[]): LogLine {
  const read = cursors.filter(({ lineStart }) => lineStart !== 0);
  const next = tokenOfPlaces(new Map(read.map(({ key, lineStart }) => [key, lineStart.toString(36)])));
  return next === undefined ? line : { ...line, next };
}

/**
 * Everything written up to the moment of the call: a stream that never pauses must not starve the others. With `isLast`, a line
 * that has no end yet as well.
 */
async function* drain(
  source: LogSource,
  cursor: Cursor,
  isLast: boolean,
  signal: AbortSignal,
): AsyncGenerator<LogLine> {
  const end = await source.file.end();
  while (cursor.position < end && !signal.aborted) {
    const { bytes, next } = await source.file.read(cursor.position, Math.min(BLOCK, end - cursor.position));
    if (bytes.length === 0) break;
    // What was rotated away before it could be read takes the beginning of its line along.
    const skipped = next - bytes.length - cursor.position;
    cursor.lineStart += skipped;
    cursor.position = next;
    const seenAt = timesIn(await source.file.times(cursor.lineStart, next));
    for (const { text, length } of cursor.splitter.cut(bytes)) {
      if (signal.aborted) return;
      const at = seenAt(cursor.lineStart);
      cursor.lineStart += length;
      yield toLine(source, text, at);
    }
  }
  if (!isLast || cursor.lineStart === cursor.position) return;
  const seenAt = timesIn(await source.file.times(cursor.lineStart, cursor.position));
  for (const text of cursor.splitter.flush()) {
    const at = seenAt(cursor.lineStart);
    cursor.lineStart = cursor.position;
    yield toLine(source, text, at);
  }
}

const toLine = ({ instance, stream }: LogSource, text: string, at: Instant | null): LogLine => ({
  instance,
  stream,
  text,
  at,
});
