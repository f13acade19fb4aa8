import type { WorkloadStatus } from "@sluice/core";
import { KINDS, type Kind, nameOf } from "../client/kinds.ts";
import type { KubeObject } from "../client/kube.types.ts";
import type { Sightings } from "../containers/sightings.ts";
import { ANNOTATIONS, LABELS, selectorOf } from "../names.ts";
import { INSTANCE, isOfRelease } from "../ownership.ts";
import type { ObservedDeployment, ObservedPod } from "../status/observed.types.ts";
import { type RevisionView, wantedOf } from "../status/revision.status.ts";
import type { Cache } from "../watch/cache.types.ts";
import type { ChartRelease } from "./chart.values.ts";
import type { Edits } from "./edits.ts";
import type { ReleaseRef } from "./helm.ts";
import type { ReleaseObjects } from "./release.plan.ts";

/** One revision that is, or was, a release. */
export interface ReleaseView {
  ref: ReleaseRef;
  revision: number;
  view: RevisionView;
}

/** What is known of releases: objects as they were last seen, and what was changed of their pods. */
export interface Known {
  cache: Cache;
  edits: Pick<Edits, "of">;
}

/** Every revision of the deployment that helm has a release of, or that the cluster still has something of. */
export function releaseViews(known: Known, sightings: Sightings, deployment: string): ReleaseView[] {
  const { cache } = known;
  const labels = selectorOf(deployment);
  const anchors = cache.list<ReleaseDeployment>(KINDS.deployment, labels).filter(isOfRelease);
  const pods = cache.list<ObservedPod>(KINDS.pod, labels).filter(isOfRelease);
  const named = [...anchors, ...pods].map((object) => refOf(object, object.metadata.labels?.[INSTANCE] ?? ""));
  const records = cache.list(KINDS.secret, labels).filter(isRecord);
  const kept = records.map((record) => refOf(record, record.metadata.labels?.name ?? ""));
  return unique([...named, ...kept]).map(({ ref, revision }) => {
    const isOwn = ({ metadata }: KubeObject): boolean =>
      metadata.namespace === ref.namespace && metadata.labels?.[LABELS.revision] === String(revision);
    const object = anchors.find((anchor) => isOwn(anchor) && anchor.metadata.deletionTimestamp === undefined);
    const view: RevisionView = {
      ...{ deployment, revision },
      anchor: object === undefined ? null : { kind: "Deployment", object },
      pods: pods.filter(isOwn).map((pod) => ({ pod, ...sightings.of(pod) })),
      variables: variablesOf(sightings, object),
      drift: object === undefined ? [] : otherwise(known, object),
    };
    return { ref, revision, view };
  });
}

/** The records that helm keeps of the past and present of a release. */
export const isRecord = ({ metadata }: KubeObject): boolean => metadata.labels?.owner === "helm";

/** What the chart writes into the Deployment itself. */
interface ReleaseDeployment extends ObservedDeployment {
  spec?: ObservedDeployment["spec"] & {
    template?: { spec?: { containers?: { env?: { name: string; value?: string }[] }[] } };
  };
}

/** What must not be repeated of last words; null while it is not known. */
function variablesOf(sightings: Sightings, anchor: ReleaseDeployment | undefined): RevisionView["variables"] {
  const known = sightings.variables(anchor ?? null);
  const env = anchor?.spec?.template?.spec?.containers?.flatMap((container) => container.env ?? []) ?? [];
  return known && { ...known, env: Object.fromEntries(env.map(({ name, value = "" }) => [name, value])) };
}

/** Whether helm's newest record of the release says that these values are deployed, and nothing of it is otherwise. */
export function isAsWanted(
  known: Known,
  { namespace, name }: ReleaseRef,
  { labels, digest, replicas }: ChartRelease,
): boolean {
  const own = known.cache
    .list(KINDS.secret, { [LABELS.deployment]: labels[LABELS.deployment] ?? "" })
    .filter(
      (object) => isRecord(object) && object.metadata.namespace === namespace && object.metadata.labels?.name === name,
    );
  const newest = own.toSorted((left, right) => versionOf(right) - versionOf(left))[0]?.metadata.labels;
  if (newest?.status !== "deployed" || newest[ANNOTATIONS.digest] !== digest) return false;
  const found = objectsOf(known, { namespace, name });
  return found.isWhole && found.replicas === replicas;
}

const versionOf = ({ metadata }: KubeObject): number => Number(metadata.labels?.version);

interface Named {
  ref: ReleaseRef;
  revision: number;
}

const refOf = ({ metadata }: KubeObject, name: string): Named => ({
  ref: { namespace: metadata.namespace ?? "", name },
  revision: Number(metadata.labels?.[LABELS.revision]),
});

const unique = (found: readonly Named[]): Named[] =>
  [...new Map(found.map((one) => [`${one.ref.namespace}/${one.ref.name}`, one])).values()].toSorted(
    (left, right) => left.revision - right.revision,
  );

/** What the cluster has of a release, as far as helm's next act depends on it. */
export function objectsOf(known: Known, { namespace, name }: ReleaseRef): ReleaseObjects {
  const anchor = known.cache.get<ObservedDeployment>(KINDS.deployment, namespace, name);
  if (anchor === null) return { replicas: null, isWhole: false };
  return {
    replicas: isAutoscaled(anchor) ? wantedOf(anchor) : (anchor.spec?.replicas ?? null),
    isWhole: otherwise(known, anchor).length === 0,
  };
}

/** Where a release is not as it was made, in sentences that begin with the object. */
function otherwise({ cache, edits }: Known, anchor: ObservedDeployment): string[] {
  const { namespace = "", name } = anchor.metadata;
  const wanted = wantedOf(anchor);
  const found = anchor.spec?.replicas;
  const size =
    isAutoscaled(anchor) || found === wanted
      ? []
      : [`${nameOf(KINDS.deployment, namespace, name)}: spec.replicas is ${String(found)}, was ${wanted}`];
  const gone = Object.values<Kind>(KINDS)
    .filter((kind) => partsOf(anchor).includes(kind.kind) && cache.get(kind, namespace, name) === null)
    .map((kind) => `${nameOf(kind, namespace, name)} is gone`);
  return [...size, ...gone, ...edits.of(anchor)];
}

const partsOf = ({ metadata }: KubeObject): string[] => (metadata.annotations?.[ANNOTATIONS.parts] ?? "").split(",");
const isAutoscaled = (anchor: KubeObject): boolean => partsOf(anchor).includes(KINDS.horizontalPodAutoscaler.kind);

/**
 * A release whose Deployment is not there, though nobody takes it away: it is told of as one that is wanted and has drifted, so
 * that whoever wants it makes it whole, and whoever does not removes it.
 */
export const bereft = ({ ref, revision, view }: ReleaseView): WorkloadStatus => ({
  ...{ deployment: view.deployment, revision, desired: 1, instances: [], verdict: "progressing" },
  reason: `release ${ref.namespace}/${ref.name} has no Deployment`,
  drift: `${nameOf(KINDS.deployment, ref.namespace, ref.name)} is gone`,
});
