import {
  concerns,
  FROM_ROLLOUTS,
  hearing,
  type IncidentSignal,
  judgeSignal,
  type Notice,
  noticeOf,
  type Signal,
  signalsOf,
} from "@sluice/core";
import type { Db } from "../db/database.ts";
import { newId } from "../db/ids.ts";
import type { StoredEvent } from "../event/event.reader.ts";
import { givenName } from "../fleet/member.name.ts";
import type { StoredChannel } from "./channel.store.ts";
import { type EventContext, isoOf } from "./context.store.ts";
import { findIncident, type IncidentKey, openIncidents, saveIncident } from "./incident.store.ts";
import type { Letter } from "./outbox.store.ts";

/** What one event gives one channel to hear, in the caller's transaction; the letters go in this order. */
export async function lettersFor(
  db: Db,
  channel: StoredChannel,
  event: StoredEvent,
  context: EventContext,
): Promise<Letter[]> {
  if (channel.project !== event.project || event.at < channel.createdAt) return [];
  const { deployment, rollout } = context;
  const about = {
    environment: deployment?.environment ?? textOf(event.data.environment),
    artifact: deployment?.artifact ?? textOf(event.data.artifact),
    kind: deployment?.kind ?? textOf(event.data.kind),
    deployment: deployment === null ? textOf(event.data.name) : givenName(deployment.name),
  };
  if (!concerns(channel.spec.filter, about)) return [];
  const signals = signalsOf({ type: event.type, alert: event.alert, data: event.data, rollout });
  const news = signals.find((signal) => signal.state !== "resolved" && hears(channel, signal, event));
  const letters: Letter[] = [];
  for (const signal of signals) {
    if (signal.state === "resolved") letters.push(...(await resolved(db, channel, signal, event, context)));
    else if (signal === news) letters.push(...(await told(db, channel, signal, event, context)));
  }
  return letters;
}

/** A figure is heard by the channels that watch for it as it was watched, everything else by those that hear the alert. */
function hears(
  { spec }: StoredChannel,
  signal: Exclude<Signal, { state: "resolved" }>,
  { data }: StoredEvent,
): boolean {
  const heard = hearing(spec, signal.alert);
  if (heard === null) return false;
  if (signal.state !== "firing" || signal.source === FROM_ROLLOUTS) return true;
  return heard.threshold === signal.source && heard.forSeconds === data.forSeconds;
}

async function told(
  db: Db,
  channel: StoredChannel,
  signal: Exclude<Signal, { state: "resolved" }>,
  event: StoredEvent,
  context: EventContext,
): Promise<Letter[]> {
  const source = signal.state === "firing" ? signal.source : FROM_ROLLOUTS;
  const key = { channel: channel.id, alert: signal.alert, deployment: event.deployment ?? "", source };
  const of: IncidentSignal =
    signal.state === "firing" ? { state: "firing", rollout: event.rollout } : { state: "told" };
  return judged(db, channel, key, of, event, context);
}

async function resolved(
  db: Db,
  channel: StoredChannel,
  signal: Extract<Signal, { state: "resolved" }>,
  event: StoredEvent,
  context: EventContext,
): Promise<Letter[]> {
  const letters: Letter[] = [];
  for (const { incident: _, ...key } of await openIncidents(db, channel.id, event.deployment ?? "", signal.source)) {
    if (!signal.alerts.includes(key.alert)) continue;
    letters.push(
      ...(await judged(db, channel, key, { state: "resolved", rollout: event.rollout, of: signal.of }, event, context)),
    );
  }
  return letters;
}

async function judged(
  db: Db,
  channel: StoredChannel,
  key: IncidentKey,
  signal: IncidentSignal,
  event: StoredEvent,
  context: EventContext,
): Promise<Letter[]> {
  const { limit } = channel.spec;
  const known = await findIncident(db, key);
  const verdict = judgeSignal(known, signal, { now: event.at.getTime(), newId: newId("inc"), limit });
  const { incident, say, heldBack } = verdict;
  if (incident !== null && incident !== known) await saveIncident(db, key, incident, event.at);
  if (say === "silent" || incident === null) return [];
  const notice = noticeFrom(event, context, {
    alert: key.alert,
    state: signal.state,
    incident: signal.state === "told" ? null : incident.id,
    heldBack,
  });
  const letter = {
    project: channel.project,
    receiver: channel.id,
    message: { kind: "notice" as const, notice },
    at: event.at,
  };
  if (say === "tell") return [letter];
  const { messages, perSeconds } = limit;
  return [{ ...letter, heldBack: `more than ${messages} messages in ${perSeconds} s about ${notice.summary}` }];
}

function noticeFrom(
  event: StoredEvent,
  { deployment, rollout }: EventContext,
  said: Pick<Notice, "alert" | "state" | "incident" | "heldBack">,
): Notice {
  const { data } = event;
  const name = deployment?.name ?? textOf(data.name);
  return noticeOf({
    ...said,
    message: event.message,
    project: event.project,
    environment: deployment?.environment ?? textOf(data.environment),
    deployment: event.deployment === null ? null : { id: event.deployment, name: name ?? event.deployment },
    artifact: deployment?.artifact ?? textOf(data.artifact),
    kind: deployment?.kind ?? textOf(data.kind),
    rollout: event.rollout,
    fromVersion: rollout?.fromVersion ?? null,
    toVersion: rollout?.toVersion ?? textOf(data.version),
    trigger: textOf(data.trigger) ?? rollout?.trigger ?? null,
    threshold: textOf(data.threshold),
    observed: textOf(data.observed),
    event: { id: event.position, type: event.type },
    at: isoOf(event.at),
  });
}

const textOf = (value: unknown): string | null => (typeof value === "string" ? value : null);
