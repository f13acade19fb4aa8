import type { Placement, RouteConfig } from "@sluice/core";
import type { Kind } from "../client/kinds.ts";
import type { KubeObject } from "../client/kube.types.ts";
import type { Cluster } from "../cluster.ts";
import { LABELS, labelValue, selectorOf } from "../names.ts";

/** What tells the traffic's objects of a deployment from all others. */
export const labelsOf = ({ id }: Pick<RouteConfig, "id">, { name, project, environment }: Placement) => ({
  [LABELS.name]: labelValue(name),
  [LABELS.deployment]: labelValue(id),
  [LABELS.project]: labelValue(project),
  [LABELS.environment]: labelValue(environment),
});

/** Those that are not on their way out. */
export const ownedBy = <T extends KubeObject>(cluster: Cluster, kind: Kind, deployment: string): T[] =>
  cluster.cache
    .list<T>(kind, selectorOf(deployment))
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined);

export const deploymentOf = ({ metadata }: KubeObject): string | null => metadata.labels?.[LABELS.deployment] ?? null;
