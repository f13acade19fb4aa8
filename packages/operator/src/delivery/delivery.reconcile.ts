import { digestOf, isInvalid, type ResourceKind, titleOf } from "@sluice/core";
import type { KubeClient } from "@sluice/runtimes/kubernetes";
import { isTrue } from "../conditions.ts";
import type { Outcome } from "../controller/controller.ts";
import type { Informer } from "../controller/informer.ts";
import type { EventRecorder } from "../events.ts";
import { statusPatch } from "../status.patch.ts";
import {
  type DeliveryObject,
  FINALIZER,
  isDeletable,
  RESOURCE_KINDS,
  RETRY_ANNOTATION,
  TAKEN,
  type Wish,
  wishOf,
} from "./delivery.kinds.ts";
import { type Claim, holderOf } from "./holder.ts";
import { type Known, unmetNeeds } from "./needs.ts";
import { noticesOf } from "./notices.ts";
import { bring, type Look, look, type SluiceServer, takeAway, troubleOf } from "./server.ts";
import { type DeliveryObservation, deliveryStatus } from "./status.ts";

export type DeliveryInformers = Readonly<Record<ResourceKind, Informer<DeliveryObject>>>;

interface Deps {
  client: KubeClient;
  server: SluiceServer;
  informers: DeliveryInformers;
  events: EventRecorder;
  clock: () => number;
}

/** How soon the server is asked again: while something goes on, when it had no answer, and otherwise. */
const AGAIN = { movingMs: 2_000, troubleMs: 5_000, restMs: 30_000, settledMs: 300_000 };

export const keyOf = (kind: ResourceKind, { metadata: { namespace, name } }: DeliveryObject): string =>
  `${kind}/${namespace}/${name}`;

type Found = Pick<DeliveryObservation, "applied" | "problem" | "look">;

/**
 * Brings what objects ask for to the server, and says what became of it. A wish is brought once: what the server made of it
 * since, a rollback above all, is told and not undone. Another spec, or another value of the annotation for it, is another wish.
 */
export function createDeliveryReconcile({ client, server, informers, events, clock }: Deps) {
  async function report(kind: ResourceKind, object: DeliveryObject, wish: Wish | null, found: Found): Promise<void> {
    const version = kind !== "Deployment" ? null : wish?.resource.kind === "Deployment" ? wish.resource.version : "";
    const now = new Date(clock()).toISOString().replace(/\.\d+Z$/, "Z");
    const status = deliveryStatus({ object, version, ...found }, now);
    const patch = statusPatch(object.status, status);
    if (patch === null) return;
    const { name, namespace = "default" } = object.metadata;
    const informer = informers[kind];
    const ref = { kind: informer.kind, namespace, name };
    const written = await client.merge<DeliveryObject>(ref, { status: patch }, "status");
    informer.wrote(written);
    for (const notice of noticesOf(object.status, status)) await events.tell(informer.kind, object, notice);
  }

  async function setFinalizers(kind: ResourceKind, object: DeliveryObject, finalizers: string[]): Promise<undefined> {
    const { name, namespace = "default", resourceVersion } = object.metadata;
    const informer = informers[kind];
    const patch = { metadata: { finalizers, resourceVersion } };
    informer.wrote(await client.merge<DeliveryObject>({ kind: informer.kind, namespace, name }, patch));
  }

  /** Objects are replaced when they change, so that what was read of one holds: reading costs more than all else here. */
  const read = new WeakMap<DeliveryObject, (Known & Claim) | null>();
  const knownOf = (kind: ResourceKind, object: DeliveryObject): (Known & Claim) | null => {
    const before = read.get(object);
    if (before !== undefined) return before;
    const wish = readable(() => wishOf(kind, object, server.project));
    const known = wish === null ? null : { ...wish, object, isReady: isBrought(object, wish) };
    read.set(object, known);
    return known;
  };

  /** Whose it is that an object asks for, in whatever namespace; null: its own. */
  const holder = (kind: ResourceKind, object: DeliveryObject, wish: Wish): DeliveryObject | null =>
    holderOf(
      { ...wish, object },
      informers[kind].items().flatMap((other) => knownOf(kind, other) ?? []),
    );

  /** Everything else that is on its way to the server from the same namespace. */
  const known = ({ metadata: { namespace } }: DeliveryObject): Known[] =>
    RESOURCE_KINDS.flatMap((kind) =>
      informers[kind]
        .items()
        .filter(({ metadata }) => metadata.namespace === namespace && metadata.deletionTimestamp === undefined)
        .flatMap((object) => knownOf(kind, object) ?? []),
    );

  async function end(kind: ResourceKind, object: DeliveryObject): Promise<Outcome> {
    const { finalizers = [] } = object.metadata;
    if (!finalizers.includes(FINALIZER)) return undefined;
    const others = finalizers.filter((finalizer) => finalizer !== FINALIZER);
    const wish = readable(() => wishOf(kind, object, server.project));
    // What was never brought, or has another holder, is not this object's on the server.
    const applied = object.status?.applied ?? "";
    const isOwn = wish !== null && applied !== "" && holder(kind, object, wish) === null;
    if (!isOwn || wish.deletionPolicy === "Orphan") return setFinalizers(kind, object, others);
    try {
      if (await takeAway(server, wish.resource)) return await setFinalizers(kind, object, others);
      const seen = wish.resource.kind === "Deployment" ? await look(server, wish.resource) : null;
      await report(kind, object, wish, { applied, problem: null, look: seen });
      return { afterMs: AGAIN.movingMs };
    } catch (error) {
      const { message, reason } = troubleOf(error);
      await report(kind, object, wish, { applied, problem: { reason, message, unknown: true }, look: null });
      return { afterMs: AGAIN.troubleMs };
    }
  }

  async function deliver(kind: ResourceKind, object: DeliveryObject, wish: Wish): Promise<Outcome> {
    const digest = digestOfWish(object, wish);
    let applied = object.status?.applied ?? "";
    try {
      let seen: Look | null = wish.resource.kind === "Deployment" ? await look(server, wish.resource) : null;
      const isGone = wish.resource.kind === "Deployment" && seen === null;
      if (applied !== digest || isGone || kind !== "Deployment") {
        // The same wish about a deployment that is gone is another one.
        const key = digestOf([object.metadata.uid, digest, isGone ? (object.status?.deployment ?? null) : null]);
        await bring(server, wish.resource, key.slice(-64));
        applied = digest;
        seen = wish.resource.kind === "Deployment" ? await look(server, wish.resource) : null;
      }
      await report(kind, object, wish, { applied, problem: null, look: seen });
      if (kind !== "Deployment") return { afterMs: AGAIN.settledMs };
      return { afterMs: seen?.deployment.activeRollout == null ? AGAIN.restMs : AGAIN.movingMs };
    } catch (error) {
      const { reason, message, passing } = troubleOf(error);
      await report(kind, object, wish, { applied, problem: { reason, message, unknown: passing }, look: null });
      return { afterMs: passing ? AGAIN.troubleMs : AGAIN.restMs };
    }
  }

  return async (key: string): Promise<Outcome> => {
    const [kindText, namespace = "", name = ""] = key.split("/");
    const kind = RESOURCE_KINDS.find((one) => one === kindText);
    const object = kind === undefined ? null : informers[kind].get(namespace, name);
    if (kind === undefined || object === null) return undefined;
    if (object.metadata.deletionTimestamp !== undefined) return end(kind, object);
    const finalizers = object.metadata.finalizers ?? [];
    if (isDeletable(kind) && !finalizers.includes(FINALIZER))
      return setFinalizers(kind, object, [...finalizers, FINALIZER]);
    const applied = object.status?.applied ?? "";
    let wish: Wish;
    try {
      wish = wishOf(kind, object, server.project);
    } catch (error) {
      if (!isInvalid(error)) throw error;
      const problem = { reason: "InvalidSpec", message: error.message };
      await report(kind, object, null, { applied, problem, look: null });
      return undefined;
    }
    const holding = holder(kind, object, wish);
    if (holding !== null) {
      const { namespace: place, name: holderName } = holding.metadata;
      const message = `${titleOf(wish.resource)} is what ${informers[kind].kind.kind} ${place}/${holderName} asks for`;
      await report(kind, object, wish, { applied, problem: { reason: TAKEN, message }, look: null });
      return undefined;
    }
    const waiting = unmetNeeds(wish.resource, known(object));
    if (waiting.length > 0 && applied !== digestOfWish(object, wish)) {
      const problem = { reason: "Waiting", message: `waits for ${waiting.join(", ")}`, unknown: true };
      await report(kind, object, wish, { applied, problem, look: null });
      return undefined;
    }
    return deliver(kind, object, wish);
  };
}

/** What is to be brought, told from everything that was before. */
const digestOfWish = ({ metadata: { annotations = {} } }: DeliveryObject, { resource }: Wish): string =>
  digestOf([resource, annotations[RETRY_ANNOTATION] ?? null]).slice(-16);

const isBrought = (object: DeliveryObject, wish: Wish): boolean =>
  object.status?.applied === digestOfWish(object, wish) && isTrue(object.status.conditions, "Accepted");

/** Null for what cannot be read: it says so in its own status. */
function readable<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (isInvalid(error)) return null;
    throw error;
  }
}
