import { SluiceError, type Workload } from "@sluice/core";
import type { Carrier, RevisionRef } from "../carrier.ts";
import { KINDS, type Kind } from "../client/kinds.ts";
import type { KubeObject } from "../client/kube.types.ts";
import type { Cluster } from "../cluster.ts";
import { ANNOTATIONS, LABELS, selectorOf } from "../names.ts";
import { digestOn } from "../objects/record.ts";
import { objectsOf, type RevisionObjects } from "../objects/revision.ts";
import { isOfRelease } from "../ownership.ts";
import { revisionStatus } from "../status/revision.status.ts";
import { createAnchors } from "./anchor.ts";
import { applyPart } from "./part.ts";
import { isRefusal } from "./refusal.ts";
import type { Sightings } from "./sightings.ts";
import { viewsOf } from "./views.ts";

/** What a revision of containers is made of, besides its pods. */
const PARTS: readonly Kind[] = [
  KINDS.serviceAccount,
  KINDS.configMap,
  KINDS.secret,
  KINDS.service,
  KINDS.networkPolicy,
  KINDS.podDisruptionBudget,
  KINDS.horizontalPodAutoscaler,
];
const ANCHORS: readonly Kind[] = [KINDS.deployment, KINDS.job];

export interface ContainersOptions {
  cluster: Cluster;
  sightings: Sightings;
  /** Between leaving the Service and SIGTERM. */
  drainSeconds: number;
  clock: () => number;
}

/**
 * Revisions as Deployments (or Jobs), with what belongs to them. The Deployment is the anchor: it owns the rest, is made first
 * and without pods, and with it everything goes, so that whatever happens in between nothing is left that nobody knows of.
 */
export function createContainersCarrier({ cluster, sightings, drainSeconds, clock }: ContainersOptions): Carrier {
  const { client, cache } = cluster;
  const anchors = createAnchors(cluster);
  /** What helm makes has the same labels. */
  const listed = (kind: Kind, labels?: Record<string, string>): KubeObject[] =>
    cache.list(kind, labels).filter((object) => !isOfRelease(object));

  /** Others make objects of revisions, too, by their own recipes. */
  const own = (kind: Kind, labels: Record<string, string>): KubeObject[] =>
    listed(kind, labels).filter((object) => digestOn(object) !== null);

  const make = async (workload: Workload, wanted: RevisionObjects): Promise<void> => {
    const anchor = await anchors.ensure(workload, wanted);
    const owner = {
      ...{ apiVersion: wanted.anchor.kind.apiVersion, kind: wanted.anchor.kind.kind },
      ...{ name: anchor.metadata.name, uid: anchor.metadata.uid ?? "" },
    };
    for (const part of wanted.parts) await applyPart(cluster, part, owner);
    await dropOthers(workload, wanted);
    await anchors.size(workload, wanted);
    const made = viewsOf(cache, sightings, workload.deployment).find(({ revision }) => revision === workload.revision);
    if (made?.anchor) sightings.accept(made.anchor.object, made.drift);
  };

  /** What an earlier apply of the revision had and this one has not: a budget for pods that are no longer several. */
  const dropOthers = async ({ deployment, revision }: Workload, { parts }: RevisionObjects): Promise<void> => {
    const kept = new Set<string>(parts.map(({ kind }) => kind.kind));
    for (const kind of PARTS) {
      if (kept.has(kind.kind)) continue;
      for (const object of own(kind, selectorOf(deployment, revision))) await drop(kind, object);
    }
  };

  const drop = async (kind: Kind, object: KubeObject): Promise<void> => {
    const { namespace = null, name, uid } = object.metadata;
    await client.remove({ kind, namespace, name }, uid === undefined ? {} : { uid });
    cache.buried(kind, object);
  };

  const remove = async ({ deployment, revision }: Omit<RevisionRef, "namespace">): Promise<void> => {
    const labels = selectorOf(deployment, revision);
    const owners = ANCHORS.flatMap((kind) => own(kind, labels).map((object) => ({ kind, object })));
    for (const { kind, object } of owners) await drop(kind, object);
    // The collector takes the rest; without an owner it never would.
    if (owners.length > 0) return;
    for (const kind of PARTS) for (const object of own(kind, labels)) await drop(kind, object);
  };

  return {
    kinds: [...ANCHORS, KINDS.pod, ...PARTS],
    carries: (recipe) => recipe === undefined,

    async apply(workload, namespace) {
      if (workload.image === null) {
        throw new SluiceError(
          "failed_precondition",
          `a version without an image cannot be run in a cluster (${workload.deployment})`,
        );
      }
      const wanted = objectsOf(workload, { namespace, drainSeconds });
      const isNew = cache.get(wanted.anchor.kind, namespace, wanted.name) === null;
      if (workload.secrets !== undefined) sightings.secrets(namespace, wanted.name, workload.secrets);
      try {
        await make(workload, wanted);
      } catch (error) {
        // Half of a revision is none: what was made of it goes before anybody hears of the failure.
        if (isNew && isRefusal(error)) await remove(workload);
        throw error;
      }
    },

    remove,

    async restart({ deployment, revision }, fence) {
      const [anchor] = own(KINDS.deployment, selectorOf(deployment, revision));
      if (anchor === undefined) {
        if (own(KINDS.job, selectorOf(deployment, revision)).length === 0) return;
        throw new SluiceError(
          "failed_precondition",
          `revision ${revision} of ${deployment} is a job: it runs to its end once`,
        );
      }
      const { namespace = null, name } = anchor.metadata;
      // Asked for twice by the same act, it is the same template: nothing happens.
      const template = { metadata: { annotations: { [ANNOTATIONS.restart]: String(fence) } } };
      cache.wrote(
        KINDS.deployment,
        await client.merge({ kind: KINDS.deployment, namespace, name }, { spec: { template } }),
      );
    },

    observe: (deployment) =>
      viewsOf(cluster.cache, sightings, deployment).map((view) => {
        const { status, changesAt } = revisionStatus(view, clock());
        sightings.due(deployment, changesAt);
        return status;
      }),

    deployments() {
      const held = [...ANCHORS, KINDS.pod].flatMap((kind) => listed(kind));
      return [...new Set(held.flatMap(({ metadata }) => metadata.labels?.[LABELS.deployment] ?? []))];
    },
  };
}
