import { createHash } from "node:crypto";
import type { Placement } from "@sluice/core";

/** What every object of ours carries in its `app.kubernetes.io/managed-by`; also the field manager's name. */
export const MANAGER = "sluice";

export const LABELS = {
  managedBy: "app.kubernetes.io/managed-by",
  name: "app.kubernetes.io/name",
  version: "app.kubernetes.io/version",
  deployment: "sluice.dev/deployment",
  revision: "sluice.dev/revision",
  project: "sluice.dev/project",
  environment: "sluice.dev/environment",
} as const;

export const ANNOTATIONS = {
  fence: "sluice.dev/fence",
  epoch: "sluice.dev/epoch",
  digest: "sluice.dev/digest",
  /** What was applied, as JSON: what somebody else changed since is told by it. */
  applied: "sluice.dev/applied",
  /** Instances that were wanted last. */
  replicas: "sluice.dev/replicas",
  /** Kinds that belong to a revision, with commas. */
  parts: "sluice.dev/parts",
  /** Seconds in which a revision has to be available. */
  deadline: "sluice.dev/progress-deadline-seconds",
  /** Fence of the last restart. */
  restart: "sluice.dev/restart",
} as const;

/** Label selector of everything that belongs to a deployment. What helm makes for one names helm as its manager. */
export const OURS = LABELS.deployment;

/** Short enough for pods' names, which get 17 characters more, to be host names as well. */
const MAX_NAME = 46;
const HASH_LENGTH = 5;

/** Lower-case letters and digits without vowels, as Kubernetes' own suffixes: no word comes of them by chance. */
const ALPHABET = "bcdfghjklmnpqrstvwxz2456789";

/** Of a deployment: its name, for people, and its id, which tells it from others of that name. */
export interface Named {
  name: string;
  /** Unique among all deployments. */
  deployment: string;
}

/** The target's, else the project's name, in which `_` is allowed and in a namespace's it is not. */
export const namespaceOf = ({ target, project }: Pick<Placement, "target" | "project">): string =>
  (target.type === "kubernetes" ? target.namespace : undefined) ?? project.replaceAll("_", "-");

/** Name of every object of a revision: `greeter-x7k2m-r2`. A DNS label that begins with a letter; the same for ever. */
export const objectName = (named: Named, revision: number): string => dnsName(named, `r${revision}`);

/** Name of what belongs to the deployment, whichever revisions it has: `greeter-x7k2m-sluice`. */
export const deploymentName = (named: Named, suffix = MANAGER): string => dnsName(named, suffix);

function dnsName({ name, deployment }: Named, suffix: string): string {
  const end = `-${shortHash(deployment)}-${suffix}`;
  const begin = dnsText(name).slice(0, MAX_NAME - end.length);
  return `${begin.replace(/-+$/, "")}${end}`;
}

/** As much of a text as a DNS label can hold, beginning with a letter. */
function dnsText(text: string): string {
  const clean = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "");
  return /^[a-z]/.test(clean) ? clean : `d${clean === "" ? "" : `-${clean}`}`;
}

function shortHash(text: string): string {
  const bytes = createHash("sha256").update(text).digest();
  return [...bytes.subarray(0, HASH_LENGTH)].map((byte) => ALPHABET[byte % ALPHABET.length]).join("");
}

/** A text as the value of a label: what is not allowed becomes `_`, and what is cut off a hash. */
export function labelValue(text: string): string {
  const clean = text.replace(/[^A-Za-z0-9._-]+/g, "_").replace(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, "");
  if (clean.length <= 63) return clean;
  return `${clean.slice(0, 63 - HASH_LENGTH - 1).replace(/[^A-Za-z0-9]+$/g, "")}-${shortHash(text)}`;
}

/** What tells the objects of one revision, or of a whole deployment, from all others. */
export const selectorOf = (deployment: string, revision?: number): Record<string, string> => ({
  [LABELS.deployment]: labelValue(deployment),
  ...(revision !== undefined && { [LABELS.revision]: String(revision) }),
});
