import { isDeepStrictEqual } from "node:util";
import type { Resource } from "@sluice/core";
import type { DeliveryObject, Wish } from "./delivery.kinds.ts";

/** An object and what it asks for. */
export interface Claim extends Wish {
  object: DeliveryObject;
}

/**
 * Whose thing on the server it is that a claim names, when it is another object's: the oldest has it. Objects that say the
 * same, and of which none takes it away when it goes, may share it. Null: it is its own.
 */
export function holderOf(claim: Claim, others: readonly Claim[]): DeliveryObject | null {
  const name = identityOf(claim.resource);
  const [first] = others
    .filter((other) => other.object.metadata.uid !== claim.object.metadata.uid)
    .filter((other) => identityOf(other.resource) === name && isOlder(other, claim) && !mayShare(other, claim))
    .toSorted((left, right) => (isOlder(left, right) ? -1 : 1));
  return first?.object ?? null;
}

/** What the server knows it by. */
function identityOf(resource: Resource): string {
  const { kind, project = "" } = resource;
  const words = (() => {
    switch (resource.kind) {
      case "Version":
        return [resource.artifact, resource.version];
      case "Deployment":
        return [resource.environment, resource.name];
      default:
        return [resource.name];
    }
  })();
  return [kind, project, ...words].join("/");
}

const ageOf = ({ object: { metadata } }: Claim): string => `${metadata.creationTimestamp ?? ""} ${metadata.uid ?? ""}`;

const isOlder = (left: Claim, right: Claim): boolean => ageOf(left) < ageOf(right);

const mayShare = (left: Claim, right: Claim): boolean =>
  left.deletionPolicy === "Orphan" &&
  right.deletionPolicy === "Orphan" &&
  isDeepStrictEqual(left.resource, right.resource);
