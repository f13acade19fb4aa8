import { parseAllDocuments } from "yaml";
import type { RuntimeLogger } from "../../supervision/policy.ts";
import { KINDS, nameOf } from "../client/kinds.ts";
import type { KubeObject } from "../client/kube.types.ts";
import { differences } from "../objects/difference.ts";
import { bytesOf, coresOf } from "../usage/quantity.ts";
import type { Helm } from "./helm.ts";

/** What somebody changed of the pods of releases, as sentences. All of it may be lost: then helm is asked again. */
export interface Edits {
  /** As far as it is known. What is not is asked of helm, and told as a change. */
  of(anchor: KubeObject): readonly string[];
  /** helm has just applied everything. What is otherwise in the Deployment as it still is, somebody in the cluster wants so. */
  applied(anchor: KubeObject): void;
}

interface EditsDeps {
  helm: Pick<Helm, "manifest">;
  changed: (anchor: KubeObject) => void;
  logger: RuntimeLogger;
}

interface Known {
  generation: number;
  found: readonly string[];
  isAccepted: boolean;
}

/** Counts the templates that a Deployment had: the first one is the chart's, and nobody needs to ask. */
const TEMPLATES = "deployment.kubernetes.io/revision";

export function createEdits({ helm, changed, logger }: EditsDeps): Edits {
  const known = new Map<string, Known>();

  const ask = async (anchor: KubeObject, entry: Known): Promise<void> => {
    const { namespace = "", name, uid = "" } = anchor.metadata;
    try {
      entry.found = editsIn(await helm.manifest({ namespace, name }), anchor);
      if (entry.found.length > 0) changed(anchor);
    } catch (error) {
      if (known.get(uid) === entry) known.delete(uid);
      logger.warn({ err: error, namespace, name }, "whether somebody changed a release is not known");
    }
  };

  return {
    of(anchor) {
      const { uid = "", generation = 0, annotations } = anchor.metadata;
      if (Number(annotations?.[TEMPLATES] ?? 1) <= 1) return [];
      const last = known.get(uid);
      if (last?.generation === generation) return last.isAccepted ? [] : last.found;
      const entry: Known = { generation, found: [], isAccepted: false };
      known.set(uid, entry);
      void ask(anchor, entry);
      return [];
    },
    applied({ metadata: { uid = "", generation = 0, namespace, name } }) {
      const last = known.get(uid);
      if (last?.generation !== generation || last.found.length === 0) return;
      last.isAccepted = true;
      logger.warn(
        { namespace, name, differences: last.found },
        "the cluster keeps a release otherwise than it was applied",
      );
    },
  };
}

interface DeploymentManifest {
  kind?: string;
  metadata?: { name?: string };
  spec?: { template?: unknown };
}

/** Where the pods of a Deployment are otherwise than helm made them, in sentences that begin with the object. Pure. */
export function editsIn(manifest: string, anchor: KubeObject): string[] {
  const { namespace = "", name } = anchor.metadata;
  const made = parseAllDocuments(manifest)
    .map((document): DeploymentManifest | null => document.toJS())
    .find((object) => object?.kind === "Deployment" && object.metadata?.name === name);
  if (made == null) return [];
  const live: DeploymentManifest = anchor;
  return differences(inNumbers(made.spec?.template), inNumbers(live.spec?.template), "spec.template").map(
    (text) => `${nameOf(KINDS.deployment, namespace, name)}: ${text}`,
  );
}

/** Quantities as numbers: the API writes them in its own way. */
function inNumbers(value: unknown, field = ""): unknown {
  if (Array.isArray(value)) return value.map((element) => inNumbers(element, field));
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(
      Object.entries(value).map(([name, inner]) => [
        name,
        field === "limits" || field === "requests" || name === "sizeLimit"
          ? numberOf(name, inner)
          : inNumbers(inner, name),
      ]),
    );
  return value;
}

const numberOf = (resource: string, quantity: unknown): number =>
  resource === "cpu" ? coresOf(String(quantity)) : bytesOf(String(quantity));
