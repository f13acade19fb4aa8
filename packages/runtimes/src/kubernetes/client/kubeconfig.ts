import { KubeConfig } from "@kubernetes/client-node";
import { SluiceError } from "@sluice/core";

/** Where a cluster's address and credentials come from. */
export interface KubeconfigSource {
  /** Files, as in `KUBECONFIG`; what comes first wins. Empty: the account of the pod that this runs in. */
  files: readonly string[];
  /** Null: the current one. */
  context: string | null;
}

/**
 * Reads files and context. Throws `failed_precondition`, naming the file and what is wrong with it, or the contexts that
 * there are.
 */
export function loadKubeconfig({ files, context }: KubeconfigSource): KubeConfig {
  const config = new KubeConfig();
  if (files.length === 0) config.loadFromCluster();
  for (const file of files) config.mergeConfig(readFile(file), (config.currentContext ?? "") !== "");
  const place = files.length === 0 ? "the account of this pod" : `the kubeconfig ${files.join(":")}`;
  const known = config.getContexts().map(({ name }) => name);
  const wanted = context ?? config.getCurrentContext() ?? "";
  if (wanted === "") throw unusable(`${place} has no current context; contexts: ${listed(known)}`);
  if (!known.includes(wanted)) throw unusable(`${place} has no context ${wanted}; contexts: ${listed(known)}`);
  config.setCurrentContext(wanted);
  const { cluster, user } = config.getContextObject(wanted) ?? {};
  if (config.getCurrentCluster() === null)
    throw unusable(`context ${wanted} of ${place} names the cluster ${cluster}, which is not there`);
  if (config.getCurrentUser() === null)
    throw unusable(`context ${wanted} of ${place} names the user ${user}, which is not there`);
  return config;
}

function readFile(file: string): KubeConfig {
  const config = new KubeConfig();
  try {
    config.loadFromFile(file);
    return config;
  } catch (error) {
    const text = error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
    throw unusable(`the kubeconfig ${file} cannot be read: ${text}`, error);
  }
}

const listed = (names: readonly string[]): string => (names.length === 0 ? "none" : names.join(", "));

const unusable = (message: string, cause?: unknown): SluiceError =>
  new SluiceError("failed_precondition", message, { cause });
