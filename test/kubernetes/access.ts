import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { createApi, type KubeApi } from "./api.ts";
import { helmBinary, kubectlBinary } from "./binaries.ts";

/** Everything needed to speak to a running test cluster: plain data, so that it can be handed to another process. */
export interface ClusterAddress {
  url: string;
  /** PEM of the authority that signed the server's certificate. */
  ca: string;
  /** Tokens by user. `admin` may do everything. */
  tokens: Record<string, string>;
  /** A folder for files of the cluster's users, removed with the cluster. */
  folder: string;
  /** The admin's kubeconfig. */
  kubeconfig: string;
}

/** A running cluster, as its users reach it. */
export interface ClusterAccess extends ClusterAddress {
  /** The admin's. */
  readonly api: KubeApi;
  /** The path of a kubeconfig of a user named when the cluster was started, or with any bearer token. */
  kubeconfigFor(credentials: { user: string } | { token: string }, namespace?: string): Promise<string>;
  /** Runs kubectl as admin and returns what it prints. Throws with its error output. */
  kubectl(args: string[], stdin?: string): Promise<string>;
  /** Runs helm as admin; otherwise as `kubectl`. */
  helm(args: string[], stdin?: string): Promise<string>;
  /** Applies a document, or several, as `kubectl apply --server-side` does. */
  applyYaml(yaml: string): Promise<void>;
}

export function accessTo(address: ClusterAddress): ClusterAccess {
  const { url, ca, tokens, folder, kubeconfig } = address;
  const api = createApi({ url, ca, token: tokens.admin ?? "" });
  const kubectl = async (args: string[], stdin = ""): Promise<string> =>
    run(await kubectlBinary(), ["--kubeconfig", kubeconfig, ...args], stdin, folder);
  return {
    ...address,
    api,
    kubectl,
    helm: async (args, stdin = "") => run(await helmBinary(), ["--kubeconfig", kubeconfig, ...args], stdin, folder),
    applyYaml: async (yaml) => {
      await kubectl(["apply", "--server-side", "--force-conflicts", "-f", "-"], yaml);
    },
    kubeconfigFor: async (credentials, namespace = "default") => {
      const token = "token" in credentials ? credentials.token : tokens[credentials.user];
      if (token === undefined) throw new Error(`the cluster was started without ${JSON.stringify(credentials)}`);
      return writeKubeconfig(join(folder, `kubeconfig-${randomUUID()}`), { url, ca, token, namespace });
    },
  };
}

interface KubeconfigContent {
  url: string;
  ca: string;
  token: string;
  namespace: string;
}

/** Writes a kubeconfig (JSON is YAML) and returns its path. */
export const writeKubeconfig = (path: string, content: KubeconfigContent): Promise<string> =>
  writeContexts(path, { test: content });

/** The path of a kubeconfig that has several clusters as its admin, by the names of their contexts; the first is the current one. */
export const kubeconfigOf = (contexts: Record<string, ClusterAddress>, folder: string): Promise<string> =>
  writeContexts(
    join(folder, `kubeconfig-${randomUUID()}`),
    Object.fromEntries(
      Object.entries(contexts).map(([name, { url, ca, tokens }]) => [
        name,
        { url, ca, token: tokens.admin ?? "", namespace: "default" },
      ]),
    ),
  );

async function writeContexts(path: string, contents: Record<string, KubeconfigContent>): Promise<string> {
  const all = Object.entries(contents);
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: all.map(([name, { url, ca }]) => ({
      name,
      cluster: { server: url, "certificate-authority-data": Buffer.from(ca).toString("base64") },
    })),
    users: all.map(([name, { token }]) => ({ name, user: { token } })),
    contexts: all.map(([name, { namespace }]) => ({ name, context: { cluster: name, user: name, namespace } })),
    "current-context": all[0]?.[0],
  };
  await writeFile(path, JSON.stringify(config, null, 2), { mode: 0o600 });
  return path;
}

async function run(program: string, args: string[], stdin: string, folder: string): Promise<string> {
  // What they remember of a cluster goes with it.
  const caches = { KUBECACHEDIR: join(folder, "kubectl"), HELM_CACHE_HOME: folder, HELM_CONFIG_HOME: folder };
  const child = spawn(program, args, { stdio: "pipe", env: { ...process.env, ...caches, HELM_DATA_HOME: folder } });
  // It may end without reading what it is given.
  child.stdin.on("error", () => undefined);
  child.stdin.end(stdin);
  const exit = new Promise<number | null>((resolve, reject) => child.once("error", reject).once("close", resolve));
  const [output, errors, code] = await Promise.all([text(child.stdout), text(child.stderr), exit]);
  if (code !== 0) throw new Error(`${args.slice(2).join(" ")} ended with ${code}: ${errors.trim()}`);
  return output;
}
