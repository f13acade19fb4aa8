import {
  checkPipelineResource,
  isInvalid,
  type LabelledNode,
  type PipelineResource,
  parseField,
  pipelineResourceSchema,
  SluiceError,
} from "@sluice/core";
import { KINDS, type Kind, type KubeClient, type KubeObject, type Manifest, nameOf } from "@sluice/runtimes/kubernetes";
import { createApplied } from "../applied.ts";
import type { Outcome } from "../controller/controller.ts";
import type { Informer } from "../controller/informer.ts";
import type { EventRecorder } from "../events.ts";
import { statusPatch } from "../status.patch.ts";
import { noticesOf } from "./notices.ts";
import { type CollectorDefaults, objectsOf, type PipelineObjects } from "./objects.ts";
import { DIGEST, FINALIZER, MANAGED_BY, OPERATOR, PIPELINE_LABEL } from "./pipeline.names.ts";
import type { DaemonSet, Pipeline, Pod } from "./pipeline.types.ts";
import { podsToReplace } from "./replace.ts";
import { statusOf } from "./status.ts";

export interface PipelineWatch {
  pipelines: Informer<Pipeline>;
  daemonSets: Informer<DaemonSet>;
  configMaps: Informer<KubeObject>;
  pods: Informer<Pod>;
  nodes: Informer<KubeObject>;
}

interface Deps extends PipelineWatch {
  client: KubeClient;
  events: EventRecorder;
  defaults: CollectorDefaults;
  clock: () => number;
}

export const DAEMON_SET: Kind = { apiVersion: "apps/v1", kind: "DaemonSet", plural: "daemonsets", namespaced: true };

/** How soon a cluster that refuses something is asked again. */
const AGAIN_MS = 10_000;

/**
 * Makes what a pipeline consists of, and says how it goes. Whatever moment it is ended at, the next run finds what is missing:
 * nothing but the cluster remembers.
 */
export function createPipelineReconcile(deps: Deps): (key: string) => Promise<Outcome> {
  const { client, pipelines, daemonSets, configMaps, pods, nodes, events, defaults, clock } = deps;
  const applied = createApplied();

  const ownedBy = <T extends KubeObject>(informer: Informer<T>, { metadata }: Pipeline): T[] =>
    informer
      .items()
      .filter(
        (item) =>
          item.metadata.namespace === metadata.namespace && item.metadata.labels?.[PIPELINE_LABEL] === metadata.name,
      );

  /** Everything that is there, as it stands. */
  const seen = (pipeline: Pipeline) => ({
    daemonSets: ownedBy(daemonSets, pipeline).filter(isOf(pipeline)),
    configMaps: ownedBy(configMaps, pipeline).filter(isOf(pipeline)),
    pods: ownedBy(pods, pipeline),
  });

  const labelled = (): LabelledNode[] => nodes.items().map(({ metadata: { name, labels = {} } }) => ({ name, labels }));

  async function report(
    pipeline: Pipeline,
    found: { wanted: PipelineObjects | null; spec: PipelineResource | null; problem: Problem | null },
  ): Promise<void> {
    const { wanted, spec, problem } = found;
    const now = seen(pipeline);
    const status = statusOf(
      {
        pipeline,
        wanted:
          wanted === null ? null : { digest: wanted.digest, nodes: wanted.nodes.length, replicas: spec?.replicas ?? 1 },
        problem,
        daemonSets: now.daemonSets,
        pods: now.pods,
      },
      new Date(clock()).toISOString().replace(/\.\d+Z$/, "Z"),
    );
    const patch = statusPatch(pipeline.status, status);
    if (patch === null) return;
    const { name, namespace = "default" } = pipeline.metadata;
    const ref = { kind: pipelines.kind, namespace, name };
    const written = await client.merge<Pipeline>(ref, { status: patch }, "status");
    pipelines.wrote(written);
    for (const notice of noticesOf(pipeline.status, status)) await events.tell(pipelines.kind, pipeline, notice);
  }

  async function clearAway(pipeline: Pipeline): Promise<Outcome> {
    const { namespace = "default", finalizers = [] } = pipeline.metadata;
    if (!finalizers.includes(FINALIZER)) return undefined;
    const others = finalizers.filter((finalizer) => finalizer !== FINALIZER);
    // Whoever deletes with `--cascade=orphan` wants collectors to stay.
    if (others.includes("orphan")) return setFinalizers(pipeline, others).then(() => undefined);
    const left = seen(pipeline);
    for (const { metadata } of left.daemonSets) {
      if (metadata.deletionTimestamp !== undefined) continue;
      const ref = { kind: DAEMON_SET, namespace, name: metadata.name };
      // It may have been set free a moment ago: what is deleted is what is its own now.
      const present = await client.get(ref);
      if (present !== null && isOf(pipeline)(present)) await client.remove(ref, uidOf(metadata));
    }
    const waiting = left.pods.filter((pod) => !isSetFree(pipeline, pod));
    await report(pipeline, { wanted: null, spec: null, problem: null });
    // What has been told to go is gone when nobody has it any more.
    if (left.daemonSets.length > 0 || waiting.length > 0) return { afterMs: AGAIN_MS };
    for (const { metadata } of left.configMaps)
      await client.remove({ kind: KINDS.configMap, namespace, name: metadata.name }, uidOf(metadata));
    await setFinalizers(pipeline, others);
    return undefined;
  }

  /** Whether the pod belongs to a DaemonSet that stays, since it is the pipeline's no more. */
  const isSetFree = (pipeline: Pipeline, { metadata: { ownerReferences = [] } }: Pod): boolean =>
    ownerReferences.some(({ uid }) =>
      daemonSets.items().some((set) => set.metadata.uid === uid && !isOf(pipeline)(set)),
    );

  async function setFinalizers(pipeline: Pipeline, finalizers: string[]): Promise<void> {
    const { name, namespace = "default", resourceVersion } = pipeline.metadata;
    // Compared with the version that was read: others have finalizers as well.
    const patch = { metadata: { finalizers, resourceVersion } };
    const ref = { kind: pipelines.kind, namespace, name };
    pipelines.wrote(await client.merge<Pipeline>(ref, patch));
  }

  async function put<T extends KubeObject>(
    informer: Informer<T>,
    manifest: Manifest,
    pipeline: Pipeline,
  ): Promise<void> {
    const { name, namespace = null } = manifest.metadata;
    const present =
      informer.get(namespace ?? "", name) ?? (await client.get<T>({ kind: informer.kind, namespace, name }));
    if (present !== null && !isOf(pipeline)(present)) throw someoneElses(informer.kind, present);
    if (present !== null && applied.holds(present, manifest)) return;
    const written = await client.apply<T>(informer.kind, manifest);
    applied.note(written, manifest);
    informer.wrote(written);
  }

  /** ConfigMaps that no pod reads any more. */
  async function sweep(pipeline: Pipeline, wanted: PipelineObjects): Promise<void> {
    const left = seen(pipeline);
    if (left.pods.some(({ metadata }) => metadata.annotations?.[DIGEST] !== wanted.digest)) return;
    for (const { metadata } of left.configMaps) {
      if (metadata.name === wanted.configMap.metadata.name) continue;
      const { name, namespace = "default" } = metadata;
      await client.remove({ kind: KINDS.configMap, namespace, name }, uidOf(metadata));
    }
  }

  /** ConfigMaps whose pipeline went without them, unless its collectors were left behind on purpose. */
  async function removeOrphans(namespace: string, name: string): Promise<undefined> {
    const isIts = ({ metadata }: KubeObject): boolean =>
      metadata.namespace === namespace && metadata.labels?.[PIPELINE_LABEL] === name;
    const orphans = configMaps.items().filter(isIts);
    if (orphans.length === 0 || daemonSets.items().some(isIts)) return;
    // Not seen is not the same as not there.
    if ((await client.get({ kind: pipelines.kind, namespace, name })) !== null) return;
    for (const { metadata } of orphans)
      await client.remove({ kind: KINDS.configMap, namespace, name: metadata.name }, uidOf(metadata));
  }

  async function apply(pipeline: Pipeline, spec: PipelineResource, wanted: PipelineObjects): Promise<void> {
    const { namespace = "default" } = pipeline.metadata;
    await put(configMaps, wanted.configMap, pipeline);
    for (const daemonSet of wanted.daemonSets) await put(daemonSets, daemonSet, pipeline);
    const names = wanted.daemonSets.map(({ metadata }) => metadata.name);
    for (const { metadata } of seen(pipeline).daemonSets) {
      if (names.includes(metadata.name)) continue;
      await client.remove({ kind: DAEMON_SET, namespace, name: metadata.name }, uidOf(metadata));
    }
    if (spec.maxNodes !== undefined) {
      const desired = wanted.nodes.length * spec.replicas;
      const { maxUnavailable } = spec.updateStrategy;
      for (const name of podsToReplace(seen(pipeline).pods, { digest: wanted.digest, desired, maxUnavailable }))
        await client.remove({ kind: KINDS.pod, namespace, name });
    }
    await sweep(pipeline, wanted);
  }

  return async (key) => {
    const [namespace = "", name = ""] = key.split("/");
    const pipeline = pipelines.get(namespace, name);
    if (pipeline === null) return removeOrphans(namespace, name);
    if (pipeline.metadata.deletionTimestamp !== undefined) return clearAway(pipeline);
    const finalizers = pipeline.metadata.finalizers ?? [];
    if (!finalizers.includes(FINALIZER))
      return setFinalizers(pipeline, [...finalizers, FINALIZER]).then(() => undefined);
    let spec: PipelineResource;
    let wanted: PipelineObjects;
    try {
      spec = parseField(pipelineResourceSchema, pipeline.spec ?? {}, "spec");
      checkPipelineResource(spec);
      wanted = objectsOf(pipeline, spec, labelled(), defaults);
    } catch (error) {
      // What runs goes on running: a mistake is no order to stop.
      if (!isInvalid(error)) throw error;
      return report(pipeline, {
        wanted: null,
        spec: null,
        problem: { reason: "InvalidSpec", message: error.message },
      }).then(() => undefined);
    }
    try {
      await apply(pipeline, spec, wanted);
    } catch (error) {
      if (!(error instanceof SluiceError) || error.code === "unavailable" || error.code === "aborted") throw error;
      await report(pipeline, { wanted, spec, problem: { reason: "Refused", message: error.message } });
      return { afterMs: AGAIN_MS };
    }
    await report(pipelines.get(namespace, name) ?? pipeline, { wanted, spec, problem: null });
    return undefined;
  };
}

interface Problem {
  reason: "InvalidSpec" | "Refused";
  message: string;
}

function someoneElses(kind: Kind, { metadata: { name, namespace, ownerReferences, labels = {} } }: KubeObject) {
  const [owner] = ownerReferences ?? [];
  const manager = labels[MANAGED_BY];
  const whose =
    owner === undefined ? `is managed by ${manager ?? "somebody else"}` : `belongs to ${owner.kind} ${owner.name}`;
  return new SluiceError("failed_precondition", `${nameOf(kind, namespace, name)} ${whose} and is left alone`);
}

const uidOf = ({ uid }: { uid?: string }): { uid?: string } => (uid === undefined ? {} : { uid });

/** Made for this very pipeline, not for one of the same name that was there before it. */
const isOf =
  ({ metadata: { uid } }: Pipeline) =>
  ({ metadata: { labels = {}, ownerReferences = [] } }: KubeObject): boolean =>
    labels[MANAGED_BY] === OPERATOR && ownerReferences.some((owner) => owner.uid === uid);
