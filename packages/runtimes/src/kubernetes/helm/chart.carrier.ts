import { SluiceError, type WorkloadStatus } from "@sluice/core";
import type { RuntimeLogger } from "../../supervision/policy.ts";
import type { Carrier, RevisionRef } from "../carrier.ts";
import { KINDS } from "../client/kinds.ts";
import type { Cluster } from "../cluster.ts";
import { createSightings } from "../containers/sightings.ts";
import { ANNOTATIONS, LABELS } from "../names.ts";
import { isOfRelease } from "../ownership.ts";
import { revisionStatus } from "../status/revision.status.ts";
import { releaseOf } from "./chart.values.ts";
import { bereft, isAsWanted, isRecord, objectsOf, type ReleaseView, releaseViews } from "./chart.views.ts";
import { createEdits } from "./edits.ts";
import { isPassing } from "./helm.failure.ts";
import type { Helm, ReleaseRef } from "./helm.ts";
import { createReleases, type Work } from "./releases.ts";

export interface ChartCarrierOptions {
  cluster: Cluster;
  helm: Helm;
  clock?: () => number;
  logger: RuntimeLogger;
}

/**
 * Revisions as releases of a Helm chart, one each. helm works beside: a wish returns at once, and what became of it is seen
 * as that of any other revision, by its Deployment and its pods; what helm itself cannot do is a revision that failed.
 */
export function createChartCarrier({ cluster, helm, clock = Date.now, logger }: ChartCarrierOptions): Carrier {
  const { cache } = cluster;
  const listeners = new Set<(deployment: string) => void>();
  /** Whose release it is, for those that were wanted here. */
  const known = new Map<string, { deployment: string; revision: number }>();
  const changed = (deployment: string): void => {
    for (const listener of listeners) listener(deployment);
  };
  const sightings = createSightings({ cluster, changed, clock, logger });
  const edits = createEdits({
    ...{ helm, logger },
    changed: ({ metadata: { labels } }) => changed(labels?.[LABELS.deployment] ?? ""),
  });
  const seen = { cache, edits };
  const releases = createReleases({
    ...{ helm, clock, logger },
    objectsOf: (ref) => objectsOf(seen, ref),
    applied({ namespace, name }) {
      const anchor = cache.get(KINDS.deployment, namespace, name);
      if (anchor !== null) edits.applied(anchor);
    },
    changed: (ref) => changed(known.get(keyOf(ref))?.deployment ?? ""),
  });

  const statusOf = (found: ReleaseView): WorkloadStatus => {
    const { status, changesAt } = revisionStatus(found.view, clock());
    sightings.due(found.view.deployment, changesAt);
    const work = releases.work(found.ref);
    if (work !== null) return underWork(status, work);
    return found.view.anchor === null && found.view.pods.length === 0 ? bereft(found) : status;
  };

  /** What is wanted and has nothing in the cluster yet. */
  const beginning = (deployment: string, views: readonly ReleaseView[]): WorkloadStatus[] =>
    releases.all().flatMap((work) => {
      const own = known.get(keyOf(work.ref));
      const isSeen = views.some(({ ref }) => keyOf(ref) === keyOf(work.ref));
      if (own?.deployment !== deployment || isSeen || work.wanted.type !== "present") return [];
      const nothing: WorkloadStatus = {
        ...{ deployment, revision: own.revision, desired: 0, instances: [], verdict: "progressing" },
        reason: `helm installs the release ${keyOf(work.ref)}`,
      };
      return [underWork(nothing, work)];
    });

  const refsOf = ({ deployment, revision, namespace }: RevisionRef): ReleaseRef[] => {
    const held = releaseViews(seen, sightings, deployment).filter((one) => one.revision === revision);
    const begun = releases.all().filter(({ ref }) => {
      const own = known.get(keyOf(ref));
      return own?.deployment === deployment && own.revision === revision;
    });
    const refs = [...held, ...begun].map(({ ref }) => ref).filter((ref) => ref.namespace === namespace);
    return [...new Map(refs.map((ref) => [keyOf(ref), ref])).values()];
  };

  return {
    kinds: [KINDS.deployment, KINDS.service, KINDS.secret, KINDS.horizontalPodAutoscaler, KINDS.pod],
    carries: (recipe) => recipe?.type === "chart",

    async apply(workload, namespace) {
      if (workload.recipe?.type !== "chart")
        throw new SluiceError("internal", `revision ${workload.revision} of ${workload.deployment} is no chart`);
      const { deployment, revision, recipe } = workload;
      const release = releaseOf(workload, recipe);
      const ref = { namespace, name: release.name };
      known.set(keyOf(ref), { deployment, revision });
      if (releases.work(ref) === null && isAsWanted(seen, ref, release)) return;
      releases.want(ref, { type: "present", release });
    },

    async remove(revision) {
      for (const ref of refsOf(revision)) {
        known.set(keyOf(ref), revision);
        releases.want(ref, { type: "absent" });
      }
    },

    async restart(revision, fence) {
      // helm knows nothing of it: what it does not say of a pod it leaves alone.
      const template = { metadata: { annotations: { [ANNOTATIONS.restart]: String(fence) } } };
      for (const { namespace, name } of refsOf(revision)) {
        const ref = { kind: KINDS.deployment, namespace, name };
        if (cache.get(ref.kind, namespace, name) === null) continue;
        cache.wrote(ref.kind, await cluster.client.merge(ref, { spec: { template } }));
      }
    },

    observe(deployment) {
      const views = releaseViews(seen, sightings, deployment);
      return [...views.map(statusOf), ...beginning(deployment, views)];
    },

    deployments() {
      const held = [KINDS.deployment, KINDS.pod].flatMap((kind) => cache.list(kind)).filter(isOfRelease);
      const records = cache.list(KINDS.secret).filter(isRecord);
      const inCluster = [...held, ...records].flatMap(({ metadata }) => metadata.labels?.[LABELS.deployment] ?? []);
      const begun = releases.all().flatMap(({ ref }) => known.get(keyOf(ref))?.deployment ?? []);
      return [...new Set([...inCluster, ...begun])];
    },

    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },

    close() {
      releases.close();
      sightings.close();
    },
  };
}

const keyOf = ({ namespace, name }: ReleaseRef): string => `${namespace}/${name}`;

/** What is wanted counts, also while helm is at it; what it cannot do is told in its words. */
function underWork({ drift: _, ...status }: WorkloadStatus, { wanted, failure }: Work): WorkloadStatus {
  if (wanted.type === "absent") return { ...status, desired: 0, reason: failure?.message ?? "is being removed" };
  const desired = wanted.type === "present" ? wanted.release.replicas : status.desired;
  if (failure === null)
    return { ...status, desired, verdict: status.verdict === "available" ? "progressing" : status.verdict };
  return { ...status, desired, verdict: isPassing(failure) ? "progressing" : "failed", reason: failure.message };
}
