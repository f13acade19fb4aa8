import type { Workload } from "@sluice/core";
import { LABELS, labelValue, MANAGER, type Named, selectorOf } from "../names.ts";

/** The port that a service's program is told in `PORT`: above 1024, so that nobody needs to be root for it. */
export const CONTAINER_PORT = 8080;
export const PORT_NAME = "http";
export const CONTAINER_NAME = "app";

/** Where nothing was said of a deployment, it is known by its id. */
export const namedOf = ({ deployment, placement }: Pick<Workload, "deployment" | "placement">): Named => ({
  name: labelValue(placement?.name ?? deployment),
  deployment,
});

/** What every object of the revision carries. */
export const labelsOf = (workload: Workload): Record<string, string> => {
  const { placement, version } = workload;
  return {
    [LABELS.managedBy]: MANAGER,
    [LABELS.name]: namedOf(workload).name,
    ...(version !== undefined && { [LABELS.version]: labelValue(version) }),
    ...(placement !== undefined && {
      [LABELS.project]: labelValue(placement.project),
      [LABELS.environment]: labelValue(placement.environment),
    }),
    ...selectorOf(workload.deployment, workload.revision),
  };
};
