import { KINDS, type Kind, nameOf } from "../client/kinds.ts";
import type { KubeObject } from "../client/kube.types.ts";
import { ANNOTATIONS, LABELS, selectorOf } from "../names.ts";
import { driftOf, type Recorded } from "../objects/record.ts";
import { isOfRelease } from "../ownership.ts";
import type { ObservedDeployment, ObservedJob, ObservedPod } from "../status/observed.types.ts";
import { type RevisionView, wantedOf } from "../status/revision.status.ts";
import type { Cache } from "../watch/cache.types.ts";
import type { Sightings } from "./sightings.ts";

/** Every revision of a deployment that the cache has an anchor or pods of, the oldest first. */
export function viewsOf(cache: Cache, sightings: Sightings, deployment: string): RevisionView[] {
  const labels = selectorOf(deployment);
  const pods = cache.list<ObservedPod>(KINDS.pod, labels).filter(isMadeOfAnchor);
  const anchors = [
    ...cache
      .list<ObservedDeployment>(KINDS.deployment, labels)
      .map((object) => ({ kind: "Deployment" as const, object })),
    ...cache.list<ObservedJob>(KINDS.job, labels).map((object) => ({ kind: "Job" as const, object })),
  ].filter(({ object }) => object.metadata.annotations?.[ANNOTATIONS.replicas] !== undefined && !isOfRelease(object));
  const revisions = new Set([...pods, ...anchors.map(({ object }) => object)].map(revisionOf));
  return [...revisions]
    .toSorted((a, b) => a - b)
    .map((revision) => {
      const anchor = anchors.find(({ object }) => revisionOf(object) === revision && !isGoing(object)) ?? null;
      const own = pods.filter((pod) => revisionOf(pod) === revision);
      return {
        ...{ deployment, revision, anchor },
        pods: own.map((pod) => ({ pod, ...sightings.of(pod) })),
        variables: sightings.variables(anchor?.object ?? null),
        drift: anchor === null ? [] : sightings.unaccepted(anchor.object, driftsOf(cache, anchor.object, anchor.kind)),
      };
    });
}

const revisionOf = ({ metadata }: KubeObject): number => Number(metadata.labels?.[LABELS.revision] ?? Number.NaN);
const isGoing = ({ metadata }: KubeObject): boolean => metadata.deletionTimestamp !== undefined;

/** Pods of other makers may carry the labels, too. */
const isMadeOfAnchor = (pod: ObservedPod): boolean =>
  !isOfRelease(pod) &&
  pod.metadata.labels?.[LABELS.revision] !== undefined &&
  pod.metadata.ownerReferences?.some(({ kind }) => kind === "ReplicaSet" || kind === "Job") === true;

/** Where a revision is not as it was applied, in sentences that begin with the object. */
function driftsOf(cache: Cache, anchor: ObservedDeployment | ObservedJob, kind: "Deployment" | "Job"): string[] {
  const { namespace = "", name, annotations = {} } = anchor.metadata;
  const kinds = (annotations[ANNOTATIONS.parts] ?? "").split(",");
  const own = sizeDrift(anchor, kind, kinds.includes(KINDS.horizontalPodAutoscaler.kind));
  const parts = Object.values<Kind>(KINDS).filter((part) => kinds.includes(part.kind));
  return [
    ...[...driftOf(anchor), ...own].map((what) => `${nameOf({ kind }, namespace, name)}: ${what}`),
    ...parts.flatMap((part) => {
      const live = cache.get<Recorded>(part, namespace, name);
      const what = nameOf(part, namespace, name);
      return live === null || isGoing(live) ? [`${what} is gone`] : driftOf(live).map((text) => `${what}: ${text}`);
    }),
  ];
}

function sizeDrift(
  anchor: ObservedDeployment | ObservedJob,
  kind: "Deployment" | "Job",
  isAutoscaled: boolean,
): string[] {
  const wanted = wantedOf(anchor);
  const field = kind === "Job" ? "parallelism" : "replicas";
  const found = anchor.spec === undefined ? undefined : Reflect.get(anchor.spec, field);
  if (isAutoscaled ? found !== 0 : found === wanted) return [];
  return [`spec.${field} is ${String(found)}, was ${wanted}`];
}
