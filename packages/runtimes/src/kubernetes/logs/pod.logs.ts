import { invalidField, type LogLine, type LogQuery, placesOfToken, tokenOfPlaces } from "@sluice/core";
import { createResume, type LogPosition, positionAfter } from "../../supervision/log.position.ts";
import { MOST_TAIL } from "../../supervision/log.reader.ts";
import { streamKey } from "../../supervision/stream.key.ts";
import type { KubeClient } from "../client/client.ts";
import { ApiFailure, toSluiceError } from "../client/failure.ts";
import { KINDS, nameOf, pathOf } from "../client/kinds.ts";
import { selectorOf } from "../names.ts";
import { CONTAINER_NAME } from "../objects/labels.ts";
import type { ObservedPod } from "../status/observed.types.ts";
import { containerStatusOf } from "../status/pod.status.ts";
import type { Cache } from "../watch/cache.types.ts";
import { type Channel, createChannel } from "./channel.ts";
import { createPodLines, type PodLine, sinceOf } from "./pod.lines.ts";

/** Lines that wait for whoever reads them. */
const CAPACITY = 1_000;
const DEFAULT_TAIL = 100;

/** What is asked of a cluster. */
export interface PodLogSource {
  client: Pick<KubeClient, "stream">;
  cache: Pick<Cache, "list" | "onChange">;
}

interface Said {
  pod: ObservedPod;
  line: PodLine;
}

/** Where to begin in a pod's log: behind a position, or with so many lines. */
type Start = { after: LogPosition } | { tail: number };

/**
 * The last lines of every matching pod, or what comes behind the line whose `next` was given; and with `follow` what comes after,
 * new pods and new runs of a program included. Of a program that was started again its last run is read as well. The cluster keeps
 * both streams of a program as one: every line is said to be of stdout. Lines of one pod keep their order.
 */
export async function* readPodLogs(
  source: PodLogSource,
  query: LogQuery,
  closed: AbortSignal,
): AsyncGenerator<LogLine> {
  const { tail = DEFAULT_TAIL, follow = false } = query;
  if (!Number.isInteger(tail) || tail < 0 || tail > MOST_TAIL)
    throw invalidField("tail", tail, `a whole number from 0 to ${MOST_TAIL}`);
  const places = query.from === undefined ? null : placesOfToken(query.from);
  const matching = (): ObservedPod[] =>
    source.cache
      .list<ObservedPod>(KINDS.pod, selectorOf(query.deployment, query.revision))
      .filter(({ metadata: { name } }) => query.instance === undefined || query.instance === name);
  const startOf = (pod: ObservedPod): Start => {
    if (places === null) return { tail };
    const place = places.get(keyOf(pod));
    if (place === undefined) return { tail: MOST_TAIL };
    const after = positionOf(place);
    return after === null ? { tail } : { after };
  };

  if (!follow) {
    for (const pod of matching()) {
      for await (const line of lastLines(source, pod, startOf(pod), query.signal ?? closed)) yield toLine(pod, line);
    }
    return;
  }
  const ending = new AbortController();
  const signal = AbortSignal.any([ending.signal, closed, ...(query.signal === undefined ? [] : [query.signal])]);
  const channel = createChannel<Said>(CAPACITY);
  const followed = new Map<string, Promise<void>>();
  /** How far each pod was read; null: it is known, and nothing was read yet. */
  const positions = new Map<string, LogPosition | null>();
  const look = (starts: (pod: ObservedPod) => Start): void => {
    for (const pod of matching()) {
      const run = runOf(pod);
      if (run === null || followed.has(run) || signal.aborted) continue;
      followed.set(run, followRun(source, pod, starts(pod), channel, signal));
    }
  };
  const stop = source.cache.onChange((kind) => {
    // What began later is read from its beginning.
    if (kind === KINDS.pod) look(() => ({ tail: MOST_TAIL }));
  });
  signal.addEventListener("abort", () => channel.end(), { once: true });
  if (signal.aborted) channel.end();
  try {
    for (const pod of matching()) positions.set(keyOf(pod), afterOf(startOf(pod)));
    look(startOf);
    for await (const { pod, line } of channel.values()) {
      const key = keyOf(pod);
      positions.set(key, positionAfter(positions.get(key) ?? null, { at: line.moment }));
      const next = tokenOfPlaces(new Map([...positions].map(([known, position]) => [known, placeOf(position)])));
      yield { ...toLine(pod, line), ...(next !== undefined && { next }) };
    }
  } finally {
    stop();
    ending.abort();
    await Promise.all(followed.values());
  }
}

const keyOf = ({ metadata: { name } }: ObservedPod): string => streamKey(name, "stdout");
const afterOf = (start: Start): LogPosition | null => ("after" in start ? start.after : null);

/** `-`: known, and nothing was read. */
const placeOf = (position: LogPosition | null): string =>
  position === null ? "-" : `${position.at}.${position.count.toString(36)}`;

function positionOf(place: string): LogPosition | null {
  const [, at, count] = /^(\d{19})\.([0-9a-z]{1,9})$/.exec(place) ?? [];
  return at === undefined || count === undefined ? null : { at, count: Number.parseInt(count, 36) };
}

/** One run of the program in one pod; null while there is none. */
function runOf(pod: ObservedPod): string | null {
  const container = containerStatusOf(pod);
  const { running, terminated } = container?.state ?? {};
  const hasRun = running !== undefined || terminated !== undefined;
  return hasRun ? `${pod.metadata.uid} ${container?.containerID ?? container?.restartCount}` : null;
}

const wasRestarted = (pod: ObservedPod): boolean => (containerStatusOf(pod)?.restartCount ?? 0) > 0;

async function followRun(
  source: PodLogSource,
  pod: ObservedPod,
  start: Start,
  channel: Channel<Said>,
  signal: AbortSignal,
): Promise<void> {
  const isNew = createResume(afterOf(start));
  const say = async (lines: readonly PodLine[]): Promise<void> => {
    for (const line of lines) if (isNew({ at: line.moment })) await channel.push({ pod, line });
  };
  try {
    // The program may have been started again since: what its last run said until its end comes first.
    if ("after" in start && wasRestarted(pod)) await say(await linesOf(source, pod, { start, previous: true }, signal));
    const response = await source.client.stream(logPath(pod, { start, follow: true }), { signal });
    const lines = createPodLines();
    for await (const chunk of response.body ?? []) await say(lines.push(Buffer.from(chunk as Uint8Array)));
    await say(lines.flush());
  } catch {
    // It went while it was read, or whoever read it did: what it said until then has been told.
  }
}

async function* lastLines(
  source: PodLogSource,
  pod: ObservedPod,
  start: Start,
  signal: AbortSignal,
): AsyncGenerator<PodLine> {
  const runs = wasRestarted(pod) ? [true, false] : [false];
  const lines: PodLine[] = [];
  for (const previous of runs) lines.push(...(await linesOf(source, pod, { start, previous }, signal)));
  if ("after" in start) {
    const isNew = createResume(start.after);
    yield* lines.filter(({ moment }) => isNew({ at: moment }));
  } else if (start.tail > 0) yield* lines.slice(-start.tail);
}

async function linesOf(
  source: PodLogSource,
  pod: ObservedPod,
  query: LogParameters,
  signal: AbortSignal,
): Promise<PodLine[]> {
  try {
    const response = await source.client.stream(logPath(pod, query), { signal });
    const lines = createPodLines();
    return [...lines.push(Buffer.from(await response.arrayBuffer())), ...lines.flush()];
  } catch (error) {
    // Gone, not started yet, or without an earlier run: it has no lines.
    if (error instanceof ApiFailure && (error.status === 404 || error.status === 400)) return [];
    throw toSluiceError(error, `the log of ${nameOf(KINDS.pod, pod.metadata.namespace, pod.metadata.name)}`);
  }
}

interface LogParameters {
  start: Start;
  follow?: boolean;
  previous?: boolean;
}

function logPath(pod: ObservedPod, { start, follow, previous }: LogParameters): string {
  const { namespace = "", name } = pod.metadata;
  const query = new URLSearchParams({
    ...{ container: containerStatusOf(pod)?.name ?? CONTAINER_NAME, timestamps: "true" },
    ...("after" in start ? { sinceTime: sinceOf(start.after) } : { tailLines: String(start.tail) }),
    ...(follow === true && { follow: "true" }),
    ...(previous === true && { previous: "true" }),
  });
  return `${pathOf(KINDS.pod, namespace, name)}/log?${query}`;
}

const toLine = ({ metadata }: ObservedPod, { text, at }: PodLine): LogLine => ({
  instance: metadata.name,
  stream: "stdout",
  text,
  at,
});
