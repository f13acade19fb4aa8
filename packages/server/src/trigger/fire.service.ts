import {
  type Instant,
  type Reading,
  readGeneric,
  readGithub,
  readGitlab,
  refusalOf,
  SluiceError,
  type SourceEvent,
} from "@sluice/core";
import type { Kysely } from "kysely";
import { authorise } from "../access/authorise.ts";
import type { Principal } from "../access/principal.ts";
import { appendAudit } from "../audit/audit.store.ts";
import { inAmbientTransaction } from "../db/ambient.ts";
import { fromDatabase } from "../db/failure.ts";
import { newId } from "../db/ids.ts";
import type { Database } from "../db/schema.ts";
import type { Live } from "../engine/live.ts";
import { appendEvents } from "../event/event.store.ts";
import { type KeyConfig, type Sealer, sealerOf } from "../secret/seal.ts";
import { findDoneWithContent, findFiring, type StoredFiring, saveFiring } from "./firing.store.ts";
import { automaton, createPerformer, type Performer } from "./perform.ts";
import { digestOfBody, type SignedRequest, type VerifiedRequest, verify } from "./signature.ts";
import { missing, requireTrigger, type TriggerName } from "./trigger.service.ts";
import { aboutSecret, findTrigger, lockTrigger, type StoredTrigger, secretsOf } from "./trigger.store.ts";

/** What came of a delivery, and whether that was known before. */
export interface Fired {
  firing: StoredFiring;
  duplicate: boolean;
}

export interface FireService {
  /** A sender's message. Throws `unauthenticated`, and says no more, unless it is signed with the trigger's secret. */
  fireSigned(id: string, request: SignedRequest): Promise<Fired>;
  /** A person's wish: on their own behalf, past the filters. `delivery` makes it repeatable. */
  fireAs(principal: Principal, name: TriggerName, request: { body: Buffer; delivery: string | null }): Promise<Fired>;
}

interface Deps {
  db: Kysely<Database>;
  clock: () => Instant;
  live: Live;
  config: KeyConfig;
}

/** Attempts that may lose a race against other changes of the same deployment. */
const ATTEMPTS = 3;

/** Failures that are nobody's fault: the sender is told to come again, and nothing is written down. */
const TRANSIENT = new Set(["unavailable", "aborted", "deadline_exceeded", "internal", "unknown"]);

export function createFireService({ db, clock, live, config }: Deps): FireService {
  const firing: Firing = { db, clock, config, performer: createPerformer({ db, clock, live }) };
  return {
    async fireSigned(id, request) {
      const trigger = await findTrigger(db, id);
      const verified = trigger === null ? null : await verifiedBy(firing, trigger, request);
      if (trigger === null || verified === null)
        throw new SluiceError("unauthenticated", "the signature does not hold");
      const reading = readingOf(trigger, verified, jsonOf(request));
      return fire(firing, {
        trigger: trigger.id,
        principal: automaton(`trigger:${trigger.name}`, trigger.project, trigger.spec.action),
        ...verified,
        digest: digestOfBody(request.body),
        reading,
        isFiltered: true,
      });
    },
    async fireAs(principal, name, { body, delivery }) {
      const { id, project, environment } = await requireTrigger(db, principal, name);
      authorise(principal, "deployment.write", { project, ...(environment !== null && { environment }) });
      const event = readGeneric(body.length === 0 ? null : jsonOf({ headers: {}, body }));
      return fire(firing, {
        trigger: id,
        principal: { ...principal, project, environment: principal.environment ?? environment },
        event: "manual",
        delivery: delivery === null ? newId("fir") : `${principal.name}:${delivery}`,
        signsDelivery: true,
        digest: digestOfBody(body),
        reading: { event },
        isFiltered: false,
      });
    },
  };
}

interface Firing {
  db: Kysely<Database>;
  clock: () => Instant;
  config: KeyConfig;
  performer: Performer;
}

interface Message extends VerifiedRequest {
  trigger: string;
  principal: Principal;
  digest: string;
  reading: Reading;
  isFiltered: boolean;
}

async function verifiedBy(
  { db, clock, config }: Firing,
  { id, spec }: StoredTrigger,
  request: SignedRequest,
): Promise<VerifiedRequest | null> {
  const { sealed, previous, previousUntil } = await secretsOf(db, id);
  const now = clock();
  const isKept = previousUntil !== null && previousUntil.getTime() > now;
  const kept = [sealed, isKept ? previous : null].filter((one) => one !== null);
  const sealer = await sealerOf(config);
  const secrets = kept.map((one) => opened(sealer, one, id));
  return verify(spec.source, secrets, request, now);
}

/** Whose key it was is not for a sender to hear: it is told to come again, and the log says why. */
function opened(sealer: Sealer, sealed: string, id: string): string {
  try {
    return sealer.open(sealed, aboutSecret(id));
  } catch (cause) {
    throw new SluiceError("unavailable", "signatures cannot be checked at the moment", { cause });
  }
}

/** GitHub sends a form where its webhook was not set to JSON. */
function jsonOf({ headers, body }: SignedRequest): unknown {
  const text = body.toString("utf8");
  const isForm = headers["content-type"]?.toString().startsWith("application/x-www-form-urlencoded") === true;
  try {
    return JSON.parse(isForm ? (new URLSearchParams(text).get("payload") ?? "") : text);
  } catch (cause) {
    throw new SluiceError("invalid_argument", "the body is not JSON", { cause });
  }
}

function readingOf({ spec }: StoredTrigger, { event }: VerifiedRequest, payload: unknown): Reading {
  switch (spec.source) {
    case "github":
      return readGithub(event, payload);
    case "gitlab":
      return readGitlab(event, payload);
    case "generic":
    case "manual":
      return { event: readGeneric(payload) };
  }
}

/** Again where another change of the same came first: the database gives up one of two that wait for each other. */
async function fire(firing: Firing, message: Message): Promise<Fired> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await inAmbientTransaction(firing.db, () => fireOnce(firing, message));
    } catch (error) {
      const known = error instanceof SluiceError ? error : fromDatabase(error);
      if (known?.code !== "aborted" || attempt === ATTEMPTS) throw error;
    }
  }
}

/** One transaction: what was started, its firing, the event and the audit are all there, or nothing is. */
async function fireOnce({ db, clock, performer }: Firing, message: Message): Promise<Fired> {
  const { principal, delivery, digest, event, reading } = message;
  const trigger = await lockTrigger(db, message.trigger);
  if (trigger === null) throw missing(message.trigger);
  const before = await doneBefore(db, message);
  if (before !== null) return { firing: before, duplicate: true };

  const now = clock();
  const verdict = refusal(trigger, message);
  const done =
    "ignored" in verdict
      ? idle("ignored", verdict.ignored)
      : await attempt(db, performer, { trigger, principal, event: verdict.event, now });
  const facts = "event" in reading ? factsOf(reading.event) : {};
  const at = new Date(now);
  const saved = await saveFiring(db, {
    ...done,
    ...{ id: newId("fir"), triggerId: trigger.id, delivery, digest, event, facts, actor: principal.name, at },
  });
  if (saved.outcome !== "ignored") await report(db, trigger, saved);
  return { firing: saved, duplicate: false };
}

async function doneBefore(
  db: Kysely<Database>,
  { trigger, delivery, digest, signsDelivery }: Message,
): Promise<StoredFiring | null> {
  const same = await findFiring(db, trigger, delivery);
  if (same?.outcome === "started" || same?.outcome === "unchanged") return same;
  return signsDelivery ? null : findDoneWithContent(db, trigger, digest);
}

function refusal({ enabled, spec }: StoredTrigger, { reading, isFiltered }: Message): Reading {
  if ("ignored" in reading) return { ignored: `ignored: ${reading.ignored}` };
  if (!enabled) return { ignored: "ignored: the trigger is disabled" };
  const why = isFiltered ? refusalOf(spec.filters, reading.event) : null;
  return why === null ? reading : { ignored: `ignored: ${why}` };
}

type Done = Pick<StoredFiring, "outcome" | "reason" | "version" | "rollouts" | "run">;

const idle = (outcome: "ignored" | "failed", reason: string): Done => ({
  outcome,
  reason,
  version: null,
  rollouts: [],
  run: null,
});

interface Attempt {
  trigger: StoredTrigger;
  principal: Principal;
  event: SourceEvent;
  now: Instant;
}

/** A failure takes back what had been done of the action; that it failed stays. */
async function attempt(
  db: Kysely<Database>,
  performer: Performer,
  { trigger, principal, event, now }: Attempt,
): Promise<Done> {
  const { project, spec } = trigger;
  try {
    return await db
      .transaction()
      .execute(() => performer.perform({ action: spec.action, project, principal, event, now }));
  } catch (error) {
    if (!(error instanceof SluiceError) || TRANSIENT.has(error.code)) throw error;
    return idle("failed", error.message);
  }
}

const factsOf = ({ type, repository, branch, tag, commit }: SourceEvent) => ({ type, repository, branch, tag, commit });

async function report(db: Kysely<Database>, trigger: StoredTrigger, firing: StoredFiring): Promise<void> {
  const { id, project, name } = trigger;
  const { outcome, reason, version, rollouts, run, delivery, actor, at } = firing;
  const isFailed = outcome === "failed";
  await appendEvents(db, [
    {
      project,
      deployment: null,
      rollout: rollouts[0] ?? null,
      type: isFailed ? "trigger.failed" : "trigger.fired",
      message: isFailed ? `trigger ${name} failed: ${reason}` : `trigger ${name} was fired: ${reason}`,
      alert: isFailed,
      data: { trigger: id, firing: firing.id, outcome, version, rollouts, run },
      at,
    },
  ]);
  const detail = { name, firing: firing.id, delivery, outcome, reason, version, rollouts, run };
  await appendAudit(db, { project, actor, action: "trigger.fire", subject: id, detail, at });
}
