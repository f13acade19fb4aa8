import { type Event, isFinished, ok, paginate, type Rollout, waitForRollout } from "@sluice/client";
import { CliError, EXIT } from "../exit.ts";
import type { Session } from "../session.ts";
import { type Display, lineDisplay, pictureDisplay } from "./display.ts";
import type { RolloutView } from "./view.ts";

export interface WatchOptions {
  /** Milliseconds; absent: for ever. */
  timeoutMs?: number;
}

/** Milliseconds between two looks. A picture asks for more at once, and changes less often than one can read it. */
const LOOK_EVERY = { picture: 1_000, lines: 500 };

/**
 * Shows a rollout until it ends, and resolves with it as it ended. On a terminal a picture, elsewhere one line for
 * each event. Throws `WaitTimeoutError`, and on Ctrl-C a `CliError`; the rollout itself goes on in both cases.
 */
export async function watchRollout(session: Session, id: string, options: WatchOptions = {}): Promise<Rollout> {
  const { io, client } = session;
  const picture = session.output === "table" && io.stdout.isTTY;
  const display = picture ? pictureDisplay(session) : lineDisplay(session);
  const interrupted = io.interrupted();
  const ended = new AbortController();
  const events = collectEvents(display);
  const streaming = events.follow(client.events({ rollout: id, signal: AbortSignal.any([ended.signal, interrupted]) }));
  const look = async (signal: AbortSignal) => {
    const rollout = await ok(client.http.GET("/v1/rollouts/{id}", { params: { path: { id } }, signal }));
    // All events have to stand above the end: what the stream has not brought yet is fetched.
    if (isFinished(rollout)) await events.complete(fetchEvents(session, id, signal));
    const view = picture ? await surroundings(session, rollout, events.seen, signal) : bare(rollout, events.seen);
    // A look that was given up draws nothing any more: the picture has ended by then.
    signal.throwIfAborted();
    display.view(view);
    return rollout;
  };
  try {
    return await waitForRollout(look, {
      signal: interrupted,
      timeoutMs: options.timeoutMs,
      intervalMs: picture ? LOOK_EVERY.picture : LOOK_EVERY.lines,
      onSilence: (error) => session.note(`${error.message}; trying again`),
    });
  } catch (error) {
    if (!interrupted.aborted) throw error;
    throw new CliError(EXIT.interrupted, `stopped watching; rollout ${id} goes on`, [`sluice rollout watch ${id}`]);
  } finally {
    ended.abort();
    await streaming;
    display.end();
  }
}

const bare = (rollout: Rollout, events: readonly Event[]): RolloutView => ({
  rollout,
  deployment: null,
  metrics: null,
  events,
});

/** What stands around a rollout. It is only shown, so that a failure to get it is no failure of the watch. */
async function surroundings(
  { client }: Session,
  rollout: Rollout,
  events: readonly Event[],
  signal: AbortSignal,
): Promise<RolloutView> {
  const params = { path: { id: rollout.deployment } };
  const [deployment, metrics] = await Promise.all([
    ok(client.http.GET("/v1/deployments/{id}", { params, signal })).catch(() => null),
    ok(client.http.GET("/v1/deployments/{id}/metrics", { params, signal })).catch(() => null),
  ]);
  return { rollout, deployment, metrics, events };
}

const fetchEvents = ({ client }: Session, id: string, signal: AbortSignal): AsyncIterable<Event> =>
  paginate((cursor) =>
    ok(
      client.http.GET("/v1/rollouts/{id}/events", {
        params: { path: { id }, query: { limit: 200, ...(cursor !== undefined && { cursor }) } },
        signal,
      }),
    ),
  );

/** Each event once, whichever way it comes. */
function collectEvents(display: Display) {
  const known = new Set<string>();
  const seen: Event[] = [];
  const take = (event: Event) => {
    if (known.has(event.id)) return;
    known.add(event.id);
    seen.push(event);
    display.event(event);
  };
  return {
    seen,
    /** Never rejects: without its stream a watch still has the rollout itself, and the events at the end. */
    async follow(stream: AsyncIterable<Event>): Promise<void> {
      try {
        for await (const event of stream) take(event);
      } catch {
        display.note("the stream of events broke; events follow at the end");
      }
    },
    async complete(list: AsyncIterable<Event>): Promise<void> {
      for (const event of (await Array.fromAsync(list)).toSorted(byTime)) take(event);
    },
  };
}

const byTime = (left: Event, right: Event): number =>
  left.at.localeCompare(right.at) || left.id.localeCompare(right.id);
