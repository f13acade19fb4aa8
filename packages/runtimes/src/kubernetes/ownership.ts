import { SluiceError } from "@sluice/core";
import { type Kind, nameOf } from "./client/kinds.ts";
import type { KubeObject } from "./client/kube.types.ts";
import { LABELS, labelValue, MANAGER } from "./names.ts";

export const isOurs = ({ metadata }: KubeObject): boolean => metadata.labels?.[LABELS.managedBy] === MANAGER;

/** Whether helm made an object, or the pods of one, or keeps its own records in it: those are the business of whoever asked helm. */
export const isOfRelease = ({ metadata: { labels } }: KubeObject): boolean =>
  labels?.[INSTANCE] !== undefined || labels?.owner === "helm";

/** By which whatever a chart makes names its release. */
export const INSTANCE = "app.kubernetes.io/instance";

/**
 * Throws `failed_precondition` when an object belongs to somebody else, saying who manages it: what is not ours is never touched
 * (edge case 44). With a deployment, also when it is ours and another deployment's.
 */
export function refuseStranger(kind: Kind, object: KubeObject, deployment?: string): void {
  const { namespace, name, labels } = object.metadata;
  const what = nameOf(kind, namespace, name);
  if (!isOurs(object)) {
    throw new SluiceError(
      "failed_precondition",
      `${what}: exists and is managed by ${managerOf(object)}; Sluice does not touch it`,
    );
  }
  const owner = labels?.[LABELS.deployment];
  if (deployment !== undefined && owner !== undefined && owner !== labelValue(deployment)) {
    throw new SluiceError("failed_precondition", `${what}: belongs to deployment ${owner}, not to ${deployment}`);
  }
}

/** Who an object says it belongs to: its label, its controller, or whoever wrote it last. */
export function managerOf({ metadata }: KubeObject): string {
  const labelled = metadata.labels?.[LABELS.managedBy];
  const release = metadata.annotations?.["meta.helm.sh/release-name"];
  if (labelled !== undefined) return release === undefined ? labelled : `${labelled} (release ${release})`;
  const owner = metadata.ownerReferences?.find(({ controller }) => controller) ?? metadata.ownerReferences?.[0];
  if (owner !== undefined) return `${owner.kind} ${owner.name}`;
  const managers = "managedFields" in metadata && Array.isArray(metadata.managedFields) ? metadata.managedFields : [];
  const last: unknown = managers.at(-1);
  const writer =
    typeof last === "object" && last !== null && "manager" in last ? String(last.manager) : "somebody else";
  return writer === MANAGER ? "somebody else" : writer;
}
