import { SluiceError } from "@sluice/core";
import { authorise, projectOf } from "../access/authorise.ts";
import type { Principal } from "../access/principal.ts";
import type { Config } from "../config.ts";
import { tlsOf } from "../engine/connect/docker.ts";
import { kubeconfigFiles } from "../engine/connect/kubernetes.ts";
import { describeCluster, describeDaemon, type Finding, type Outlook, outlookOf } from "./outlook.ts";

export interface TargetService {
  /** What this server could deliver to, as it is configured, for a project. Takes no longer than a few seconds. */
  outlook(principal: Principal, project?: string): Promise<Outlook[]>;
}

/** Milliseconds in which a daemon or a cluster has to answer a question. */
const PATIENCE_MS = 4_000;
/** The whole may take this much longer: whoever does not answer at all is told of by the question that waited. */
const WHOLE = 1.2;
const ONCE = { attempts: 1, firstMs: 0, mostMs: 0 };
const DEFAULT_HOST = "unix:///var/run/docker.sock";

type TargetConfig = Pick<Config, "docker" | "kubernetes" | "programEnv">;

/** Connections are made for the question alone: nothing is followed, and nothing stays open. */
export function createTargetService({
  config,
  patienceMs = PATIENCE_MS,
}: {
  config: TargetConfig;
  patienceMs?: number;
}): TargetService {
  const { docker, kubernetes, programEnv } = config;

  const daemon = async (): Promise<Finding> => {
    const { daemonAddress, readDaemonVersion } = await import("@sluice/runtimes/docker");
    const address = daemonAddress(docker.host, await tlsOf(docker.host, config));
    return { found: describeDaemon(await readDaemonVersion(address, patienceMs), docker.host), fault: null };
  };

  const cluster = async (project: string): Promise<Finding> => {
    const files = kubeconfigFiles(kubernetes, programEnv.HOME);
    const kube = await import("@sluice/runtimes/kubernetes/runtime");
    const { namespaces } = kubernetes;
    const own = kube.createCluster({
      ...{ files, context: null, namespaces, retry: ONCE, timeoutMs: patienceMs, logger: SILENT },
    });
    try {
      const target = { type: "kubernetes", traffic: { type: "sluice" } } as const;
      const { fault, ...found } = await kube.surveyCluster(own, kube.namespaceOf({ target, project }), namespaces);
      return { found: describeCluster({ ...found, files, context: own.context }), fault };
    } finally {
      await own.close();
    }
  };

  return {
    async outlook(principal, asked) {
      const project = projectOf(principal, asked);
      authorise(principal, "system.read", { project });
      const isClusterAskedFor = kubernetes.kubeconfig.length > 0 || kubernetes.inCluster;
      return Promise.all([
        bounded(daemon(), patienceMs * WHOLE).then((found) => outlookOf("docker", found, docker.host !== DEFAULT_HOST)),
        bounded(cluster(project), patienceMs * WHOLE).then((found) =>
          outlookOf("kubernetes", found, isClusterAskedFor),
        ),
      ]);
    },
  };
}

/** What cannot be asked, or does not answer, speaks against it in its own words. */
async function bounded(asking: Promise<Finding>, limitMs: number): Promise<Finding> {
  const late = Promise.withResolvers<Finding>();
  const nothing = { found: null, fault: `there was no answer within ${limitMs / 1_000} s` };
  const timer = setTimeout(() => late.resolve(nothing), limitMs);
  try {
    return await Promise.race([asking, late.promise]);
  } catch (error) {
    if (error instanceof SluiceError) return { found: null, fault: error.message };
    throw error;
  } finally {
    clearTimeout(timer);
    asking.catch(() => undefined);
  }
}

const SILENT = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
