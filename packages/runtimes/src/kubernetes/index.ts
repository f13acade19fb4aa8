/** Everything that a server needs of a cluster. */
export { createCluster } from "./cluster.ts";
export { createChartCarrier } from "./helm/chart.carrier.ts";
export { createHelm } from "./helm/helm.ts";
export { createKubernetesRuntime } from "./kubernetes.runtime.ts";
export { namespaceOf } from "./names.ts";
export { clusterCollectors } from "./pipeline/collectors.ts";
export { createPipelineCarrier } from "./pipeline/pipeline.carrier.ts";
export { greet, preflight } from "./preflight.ts";
export { surveyCluster } from "./survey.ts";
export { createClusterPlane } from "./traffic/cluster.plane.ts";
