import { PIPELINE_RESOURCE } from "@sluice/core";

/** Tells objects that the operator makes from those of a server, which has other ways to look after its own. */
export const OPERATOR = "sluice-operator";

export const PIPELINE_LABEL = "phoenix.io/pipeline";
export const REPLICA_LABEL = "phoenix.io/replica";
export const MANAGED_BY = "app.kubernetes.io/managed-by";
/** Another value of it: the same collectors anew. */
export const RESTART = "sluice.dev/restart";
export const DIGEST = "sluice.dev/digest";
export const FINALIZER = "phoenix.io/collectors";

export const API_VERSION = `${PIPELINE_RESOURCE.group}/${PIPELINE_RESOURCE.version}`;

/** So that names of pods, which get six characters more, and of ConfigMaps fit, and the name fits into a label. */
export const LONGEST_NAME = 50;

/** The first collector of each node has the name of its pipeline. */
export const daemonSetName = (pipeline: string, replica: number): string =>
  replica === 0 ? pipeline : `${pipeline}-${replica + 1}`;

/** Named after what is in it: pods of before keep theirs while they are replaced, and nothing changes beneath them. */
export const configMapName = (pipeline: string, digest: string): string => `${pipeline}-${digest}`;
