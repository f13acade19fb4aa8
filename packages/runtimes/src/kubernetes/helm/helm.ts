import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Json, SluiceError } from "@sluice/core";
import { z } from "zod";
import { runCommand } from "./helm.command.ts";
import { helmFailure } from "./helm.failure.ts";

export interface HelmOptions {
  /** The program; default: `helm` on the PATH of `env`. */
  program?: string;
  /** Files as in `KUBECONFIG`; empty: the account of the pod that this runs in. */
  kubeconfig: readonly string[];
  /** Null: the current one. */
  context: string | null;
  /** What the program may know of this process's environment. */
  env: Record<string, string>;
  /** Where it keeps what it likes to remember. */
  folder: string;
  /** For one command. */
  timeoutMs?: number;
}

export interface ReleaseRef {
  namespace: string;
  name: string;
}

/** As helm names them. */
export type ReleaseState =
  | "deployed"
  | "failed"
  | "pending-install"
  | "pending-upgrade"
  | "pending-rollback"
  | "superseded"
  | "uninstalling"
  | "uninstalled"
  | "unknown";

export interface Release {
  /** Counts its installs, upgrades and rollbacks. */
  version: number;
  state: ReleaseState;
  /** When the last of them began. */
  since: Date;
  /** Its own, and those that helm adds. */
  labels: Readonly<Record<string, string>>;
}

export interface InstallOptions {
  chart: string;
  values: Record<string, Json>;
  /** Texts among the values that are never told. */
  secrets: readonly string[];
  /** Of the release itself: it is found by them. */
  labels: Record<string, string>;
  signal?: AbortSignal;
}

/**
 * The helm program. Every method throws `SluiceError` in helm's words; what may pass by itself is `unavailable` or
 * `deadline_exceeded`. Nothing waits for pods: whether they become ready is seen in the cluster.
 */
export interface Helm {
  install(release: ReleaseRef, options: InstallOptions): Promise<void>;
  /** To other values of the same chart, or of another one. */
  upgrade(release: ReleaseRef, options: InstallOptions): Promise<void>;
  /** Changes a few values and leaves all others as they are. */
  adjust(
    release: ReleaseRef,
    options: Pick<InstallOptions, "chart" | "values" | "signal"> & { labels?: Record<string, string> },
  ): Promise<void>;
  /** To what was last deployed. */
  rollback(release: ReleaseRef): Promise<void>;
  /** What is not there is fine. */
  uninstall(release: ReleaseRef): Promise<void>;
  /** Null when there is none. */
  status(release: ReleaseRef): Promise<Release | null>;
  /** What it made of the chart, as YAML. */
  manifest(release: ReleaseRef): Promise<string>;
  /** What helm calls itself. */
  version(): Promise<string>;
}

const TIMEOUT_MS = 300_000;
/** Releases of the past that helm keeps beside the current one: one is enough to go back to. */
const HISTORY = "3";
/** What somebody else wrote into objects of a release is put back. */
const UPGRADE = ["--force-conflicts", "--hide-notes"];

export function createHelm(options: HelmOptions): Helm {
  const { program = "helm", kubeconfig, context, folder, timeoutMs = TIMEOUT_MS } = options;
  const own = join(folder, "pod.kubeconfig");
  const env = {
    ...options.env,
    KUBECONFIG: kubeconfig.length === 0 ? own : kubeconfig.join(":"),
    HELM_CACHE_HOME: folder,
    HELM_CONFIG_HOME: folder,
    HELM_DATA_HOME: folder,
    // Otherwise below the home folder, or, where there is none, wherever the server was started.
    KUBECACHEDIR: join(folder, "discovery"),
  };
  const where = context === null ? [] : ["--kube-context", context];

  const run = async (
    verb: string,
    release: ReleaseRef,
    args: readonly string[],
    given: { stdin?: string; secrets?: readonly string[]; signal?: AbortSignal } = {},
  ): Promise<string> => {
    const { secrets = [], ...rest } = given;
    if (kubeconfig.length === 0) await writeOwn(own);
    const all = [verb, ...args, "--namespace", release.namespace, ...where];
    const end = await runCommand(program, all, { env, timeoutMs, ...rest });
    if (end.code === 0) return end.output;
    throw helmFailure(end, { program, verb, timeoutMs, secrets, release: `${release.namespace}/${release.name}` });
  };

  const limit = ["--timeout", `${Math.ceil(timeoutMs / 1_000)}s`];
  const labelled = (labels: Record<string, string>): string[] => {
    const pairs = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
    return pairs.length === 0 ? [] : ["--labels", pairs.join(",")];
  };
  const signalOf = ({ signal }: { signal?: AbortSignal }) => (signal === undefined ? {} : { signal });

  return {
    async install(release, { chart, values, labels, secrets, ...rest }) {
      const args = [release.name, chart, "--values", "-", "--hide-notes", ...limit, ...labelled(labels)];
      await run("install", release, args, { stdin: JSON.stringify(values), secrets, ...signalOf(rest) });
    },
    async upgrade(release, { chart, values, labels, secrets, ...rest }) {
      const how = ["--reset-values", ...UPGRADE, "--history-max", HISTORY, ...limit, ...labelled(labels)];
      const args = [release.name, chart, "--values", "-", ...how];
      await run("upgrade", release, args, { stdin: JSON.stringify(values), secrets, ...signalOf(rest) });
    },
    async adjust(release, { chart, values, labels = {}, ...rest }) {
      const how = ["--reuse-values", ...UPGRADE, "--history-max", HISTORY, ...limit, ...labelled(labels)];
      const args = [release.name, chart, "--values", "-", ...how];
      await run("upgrade", release, args, { stdin: JSON.stringify(values), ...signalOf(rest) });
    },
    async rollback(release) {
      await run("rollback", release, [release.name, "--history-max", HISTORY, ...limit]);
    },
    async uninstall(release) {
      await run("uninstall", release, [release.name, "--ignore-not-found", "--cascade", "background", ...limit]);
    },
    async status(release) {
      const args = ["metadata", release.name, "--output", "json"];
      const output = await run("get", release, args).catch((error: unknown) => {
        if (error instanceof SluiceError && error.message.endsWith(NOT_FOUND)) return null;
        throw error;
      });
      return output === null ? null : releaseIn(output);
    },
    manifest: (release) => run("get", release, ["manifest", release.name]),
    async version() {
      return (await run("version", { namespace: "default", name: "helm" }, ["--template", "{{.Version}}"])).trim();
    },
  };
}

/** Where every pod finds who it is. */
const ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";

/** The account of this pod as a kubeconfig: helm would otherwise take that of the user first. Holds no secret, but where it is. */
async function writeOwn(path: string): Promise<void> {
  const cluster = { server: "https://kubernetes.default.svc", "certificate-authority": `${ACCOUNT}/ca.crt` };
  const config = {
    ...{ apiVersion: "v1", kind: "Config", "current-context": "pod" },
    clusters: [{ name: "pod", cluster }],
    users: [{ name: "pod", user: { tokenFile: `${ACCOUNT}/token` } }],
    contexts: [{ name: "pod", context: { cluster: "pod", user: "pod" } }],
  };
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeFile(path, JSON.stringify(config), { mode: 0o600 });
}

const NOT_FOUND = "release: not found";

const metadata = z.object({
  revision: z.number(),
  status: z.string(),
  deployedAt: z.coerce.date(),
  labels: z.record(z.string(), z.string()).nullish(),
});

/** What `helm get metadata` prints. */
function releaseIn(output: string): Release {
  const { revision, status, deployedAt, labels } = metadata.parse(JSON.parse(output));
  return { version: revision, state: status as ReleaseState, since: deployedAt, labels: labels ?? {} };
}
