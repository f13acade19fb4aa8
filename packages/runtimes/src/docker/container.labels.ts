import type { Workload } from "@sluice/core";

/** By which containers are known as ours, and as this data folder's. */
export const LABELS = {
  owner: "sluice.dev/owner",
  instance: "sluice.dev/instance",
  deployment: "sluice.dev/deployment",
  revision: "sluice.dev/revision",
} as const;

interface Labelled {
  owner: string;
  instance: string;
  workload: Pick<Workload, "deployment" | "revision" | "placement" | "version" | "image">;
  /** What the image's name meant. */
  digest: string;
}

/** Labels of a container: ours go before those that the target gives its containers. */
export function labelsOf({ owner, instance, workload, digest }: Labelled): Record<string, string> {
  const { deployment, revision, placement, version, image } = workload;
  const { target } = placement ?? {};
  return {
    ...target?.labels,
    ...(target?.region !== undefined && { "sluice.dev/region": target.region }),
    ...(placement !== undefined && {
      "app.kubernetes.io/name": placement.name,
      "sluice.dev/project": placement.project,
      "sluice.dev/environment": placement.environment,
    }),
    ...(version !== undefined && { "app.kubernetes.io/version": version }),
    "app.kubernetes.io/managed-by": "sluice",
    [LABELS.owner]: owner,
    [LABELS.instance]: instance,
    [LABELS.deployment]: deployment,
    [LABELS.revision]: String(revision),
    "sluice.dev/image": image ?? "",
    "sluice.dev/digest": digest,
  };
}

/** Name of a container, for people: the launch tells those of one instance apart. At most 128 characters. */
export function containerName(
  { deployment, placement }: Pick<Workload, "deployment" | "placement">,
  instance: string,
  launch: number,
): string {
  const name = (placement?.name ?? deployment).replace(/[^A-Za-z0-9_.-]/g, "-").slice(0, 60);
  return `sluice-${name}-${instance}-${launch}`.slice(0, 128);
}
