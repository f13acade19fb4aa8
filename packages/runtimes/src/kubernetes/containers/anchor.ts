import type { Workload } from "@sluice/core";
import { KINDS } from "../client/kinds.ts";
import type { KubeObject } from "../client/kube.types.ts";
import type { Cluster } from "../cluster.ts";
import { ANNOTATIONS } from "../names.ts";
import { appliedTo, digestOn, driftOf, type Recorded, recorded } from "../objects/record.ts";
import { isAutoscaled, leastReplicas, type RevisionObjects } from "../objects/revision.ts";
import type { ObservedDeployment } from "../status/observed.types.ts";

/** The object that a revision hangs on: a Deployment, or a Job. */
export interface Anchors {
  /** It is there, as wanted but for the number of pods; a new one has none yet. */
  ensure(workload: Workload, wanted: RevisionObjects): Promise<KubeObject>;
  /** Gives it its number of pods, and notes the number that is wanted; an autoscaler's number is left alone. */
  size(workload: Workload, wanted: RevisionObjects): Promise<void>;
}

export function createAnchors({ cache, client, put }: Cluster): Anchors {
  const liveOf = ({ anchor, name }: RevisionObjects): Recorded | null =>
    cache.get<Recorded>(anchor.kind, anchor.manifest.metadata.namespace ?? "", name);

  return {
    async ensure(workload, wanted) {
      const live = liveOf(wanted);
      const isSame = live !== null && digestOn(live) === wanted.digest;
      if (live !== null && isSame && driftOf(live).length === 0) return live;
      const { kind, manifest } = wanted.anchor;
      // The same revision keeps the template that it was made with, by whichever Sluice: its pods stay (edge case 41).
      const spec = (isSame ? appliedTo(live) : null) ?? manifest.spec;
      const noted = recorded({ ...manifest, spec }, wanted.digest);
      const annotations = { ...noted.metadata.annotations, ...notes(workload, wanted) };
      return put(kind, {
        ...noted,
        metadata: { ...noted.metadata, annotations },
        spec: { ...asRecord(spec), ...atFirst(live, workload) },
      });
    },

    async size(workload, wanted) {
      const live = liveOf(wanted);
      if (live === null) return;
      const { kind } = wanted.anchor;
      const annotations = notes(workload, wanted);
      const spec = kind === KINDS.job ? jobSize(live, workload) : deploymentSize(live, workload);
      const isNoted = Object.entries(annotations).every(([name, value]) => live.metadata.annotations?.[name] === value);
      if (isNoted && spec === null) return;
      const { namespace = null, name } = live.metadata;
      const patch = { metadata: { annotations }, ...(spec !== null && { spec }) };
      cache.wrote(kind, await client.merge({ kind, namespace, name }, patch));
    },
  };
}

const asRecord = (value: unknown): object => (typeof value === "object" && value !== null ? value : {});

/** What is known of a revision by looking at its anchor alone. */
const notes = (workload: Workload, { parts }: RevisionObjects): Record<string, string> => ({
  [ANNOTATIONS.replicas]: String(workload.replicas),
  [ANNOTATIONS.deadline]: String(workload.progressDeadlineSeconds),
  [ANNOTATIONS.parts]: parts.map(({ kind }) => kind.kind).join(","),
});

/**
 * A new one starts without pods: those would look for what is made after it. From then on the number is nobody's in what we
 * apply, so that neither applying again nor an autoscaler's word is undone by it.
 */
function atFirst(live: KubeObject | null, { process, replicas }: Workload): object {
  if (process === "job") return live === null ? { parallelism: 0, completions: replicas } : {};
  return live === null || (live as ObservedDeployment).spec?.replicas === 0 ? { replicas: 0 } : {};
}

function deploymentSize({ spec }: Recorded, workload: Workload): { replicas: number } | null {
  if (isAutoscaled(workload)) return spec?.replicas === 0 ? { replicas: leastReplicas(workload) } : null;
  return spec?.replicas === workload.replicas ? null : { replicas: workload.replicas };
}

function jobSize({ spec }: Recorded, { replicas }: Workload): { parallelism: number; completions: number } | null {
  const isSo = spec?.parallelism === replicas && spec.completions === replicas;
  return isSo ? null : { parallelism: replicas, completions: replicas };
}
