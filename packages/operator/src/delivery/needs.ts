import { RESOURCE_KINDS, type Resource, titleOf } from "@sluice/core";

export interface Known {
  resource: Resource;
  /** The server has it as the object says. */
  isReady: boolean;
}

/** What a resource waits for, as people call it: those that it needs and that are on their way by objects of their own. */
export const unmetNeeds = (resource: Resource, others: readonly Known[]): string[] =>
  others
    .filter((other) => !other.isReady && needs(resource, other.resource))
    .toSorted((left, right) => orderOf(left.resource) - orderOf(right.resource))
    .map((other) => titleOf(other.resource));

const orderOf = ({ kind }: Resource): number => RESOURCE_KINDS.indexOf(kind);

/** Whether `resource` cannot be brought to the server, or not safely, before `other` is there. */
export function needs(resource: Resource, other: Resource): boolean {
  if (resource.project !== other.project || orderOf(other) >= orderOf(resource)) return false;
  switch (other.kind) {
    case "Environment":
      return "environment" in resource && resource.environment === other.name;
    case "Artifact":
      return "artifact" in resource && resource.artifact === other.name;
    case "Version":
      return (
        resource.kind === "Deployment" && resource.artifact === other.artifact && resource.version === other.version
      );
    case "Gate":
      // What is to be held back by a gate must not be faster than it.
      return (
        resource.kind === "Deployment" &&
        (other.artifact ?? resource.artifact) === resource.artifact &&
        (other.environment ?? resource.environment) === resource.environment
      );
    case "Deployment":
      return false;
  }
}
