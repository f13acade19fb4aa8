import { RESOURCE_KINDS, type ResourceKind } from "@sluice/core";
import { type Source, sourceOf } from "../controller/controller.ts";
import type { Informer } from "../controller/informer.ts";
import type { EventRecorder } from "../events.ts";
import type { ControllerDefinition, Follow, OperatorOptions } from "../operator.ts";
import { type DeliveryObject, kindOf, TAKEN } from "./delivery.kinds.ts";
import { createDeliveryReconcile, keyOf } from "./delivery.reconcile.ts";
import type { SluiceServer } from "./server.ts";

type Parts = Pick<OperatorOptions, "client" | "clock"> & {
  server: SluiceServer;
  follow: Follow;
  events: EventRecorder;
};

/** Brings `sluice.dev` objects to the server. */
export function deliveryController({ client, server, clock, follow, events }: Parts): ControllerDefinition {
  const of = (kind: ResourceKind): Informer<DeliveryObject> => follow<DeliveryObject>(kindOf(kind));
  const informers = {
    Environment: of("Environment"),
    Artifact: of("Artifact"),
    Version: of("Version"),
    Gate: of("Gate"),
    Deployment: of("Deployment"),
  };
  /** What may have waited for it, or for it to go. */
  const later = (kind: ResourceKind, { metadata: { namespace } }: DeliveryObject): string[] =>
    RESOURCE_KINDS.slice(RESOURCE_KINDS.indexOf(kind)).flatMap((one) =>
      informers[one]
        .items()
        .filter(({ metadata, status }) =>
          one === kind ? isHeldUp(status, TAKEN) : metadata.namespace === namespace && isHeldUp(status, "Waiting"),
        )
        .map((object) => keyOf(one, object)),
    );
  const sources: Source[] = RESOURCE_KINDS.map((kind) =>
    sourceOf(informers[kind], (object) => [keyOf(kind, object), ...later(kind, object)]),
  );
  return {
    name: "deliveries",
    sources,
    reconcile: createDeliveryReconcile({ client, server, informers, events, clock }),
  };
}

const isHeldUp = (status: DeliveryObject["status"], why: string): boolean =>
  status?.conditions.some(({ type, reason }) => type === "Accepted" && reason === why) ?? false;
