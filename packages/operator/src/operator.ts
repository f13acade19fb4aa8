import { SluiceError } from "@sluice/core";
import type { KubeClient, KubeObject } from "@sluice/runtimes/kubernetes";
import type { Logger } from "pino";
import { type Controller, type ControllerOptions, createController } from "./controller/controller.ts";
import { createInformer, type Informer } from "./controller/informer.ts";
import { deliveryController } from "./delivery/delivery.controller.ts";
import type { SluiceServer } from "./delivery/server.ts";
import { createEventRecorder } from "./events.ts";
import { openFront } from "./front.ts";
import { standForElection, type Timing } from "./leader/election.ts";
import { createOperatorMetrics } from "./metrics.ts";
import type { CollectorDefaults } from "./pipeline/objects.ts";
import { pipelineController } from "./pipeline/pipeline.controller.ts";

export interface OperatorOptions {
  client: KubeClient;
  /** The only one that is looked after; null: all. */
  namespace: string | null;
  /** Unique among the operators of a cluster. */
  identity: string;
  /** Null: it is alone, and leads at once. */
  election: { namespace: string; name: string; timing?: Timing } | null;
  collector: CollectorDefaults;
  /** Where what `sluice.dev` objects ask for is brought to. */
  server: SluiceServer;
  /** Of health and metrics. */
  bind: string;
  port: number;
  logger: Logger;
  clock: () => number;
}

export interface Operator {
  readonly port: number;
  /** Finishes what is under way and gives the lease back. */
  close(): Promise<void>;
}

/** Follows the cluster at once, so that whoever is elected begins with what it knows; acts only while it leads. */
export async function startOperator(options: OperatorOptions): Promise<Operator> {
  const { client, namespace, identity, election, logger, clock } = options;
  const stop = new AbortController();
  const informers: Informer<KubeObject>[] = [];
  const unsynced = new Set<string>();
  const running: Promise<void>[] = [];

  const follow: Follow = (kind, { labelSelector, everywhere = false } = {}) => {
    const onTrouble = (error: unknown): void =>
      logger.warn({ err: error }, `${kind.plural} cannot be followed${hintFor(error)}`);
    const scope = everywhere ? null : namespace;
    const informer = createInformer({
      client,
      kind,
      namespace: scope,
      ...(labelSelector && { labelSelector }),
      onTrouble,
    });
    unsynced.add(kind.plural);
    void informer.synced.then(() => unsynced.delete(kind.plural));
    informers.push(informer);
    return informer as never;
  };

  const onTrouble = (message: string): void => logger.warn(`not told: ${message}`);
  const events = createEventRecorder({ client, instance: identity, clock, onTrouble });
  const parts = { ...options, follow, events };
  const definitions = [pipelineController(parts), deliveryController(parts)];
  const metrics = createOperatorMetrics({
    requests: () => client.requests,
    depths: () => Object.fromEntries(controllers.map(({ name, controller }) => [name, controller.depth])),
  });
  const controllers = definitions.map((definition) => named(definition, metrics.reconciled, logger));
  const front = await openFront({ ...options, registry: metrics.registry, missing: () => [...unsynced] });
  for (const informer of informers) running.push(informer.run(stop.signal));

  const lead = async (signal: AbortSignal): Promise<void> => {
    await Promise.all(controllers.map(({ controller }) => controller.run(signal)));
  };
  running.push(
    election === null
      ? lead(stop.signal)
      : standForElection({ client, identity, lead, logger, onChange: metrics.leads, ...election }, stop.signal),
  );
  if (election === null) metrics.leads(true);
  return {
    port: front.port,
    async close() {
      stop.abort();
      await Promise.all(running);
      await front.close();
    },
  };
}

const hintFor = (error: unknown): string =>
  error instanceof SluiceError && error.code === "not_found"
    ? ": is its definition there? `sluice operator --print-crds | kubectl apply --server-side -f -`"
    : "";

/** Follows all objects of a kind in the operator's namespace, or everywhere. */
export type Follow = <T extends KubeObject>(
  kind: Informer<T>["kind"],
  options?: { labelSelector?: string; everywhere?: boolean },
) => Informer<T>;

/** What a controller is, before it runs. */
export type ControllerDefinition = Omit<ControllerOptions, "logger" | "onDone">;

function named(
  definition: ControllerDefinition,
  onDone: (controller: string, outcome: "done" | "failed", seconds: number) => void,
  logger: Logger,
): { name: string; controller: Controller } {
  const { name } = definition;
  const tell = (outcome: "done" | "failed", seconds: number): void => onDone(name, outcome, seconds);
  return { name, controller: createController({ ...definition, logger, onDone: tell }) };
}
