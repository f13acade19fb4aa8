import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { createClient, createTransport, loadKubeconfig } from "@sluice/runtimes/kubernetes";
import { pino } from "pino";
import type { SluiceServer } from "./delivery/server.ts";
import { type Operator, startOperator } from "./operator.ts";

/** What whoever runs an operator can say. */
export interface RunOptions {
  /** Files of a kubeconfig, as in KUBECONFIG; empty: the account of the pod. */
  kubeconfig: readonly string[];
  context: string | null;
  /** The only one that is looked after; null: all. */
  namespace: string | null;
  leaderElect: boolean;
  /** Of the lease; null: that of the kubeconfig's context. */
  leaseNamespace: string | null;
  bind: string;
  port: number;
  collectorImage: string;
  server: SluiceServer;
}

const LEASE = "sluice-operator";

/** Starts an operator against the cluster. Throws `SluiceError` when it cannot be reached by what the kubeconfig says. */
export async function runOperator(options: RunOptions): Promise<Operator> {
  const { kubeconfig, context, namespace, leaseNamespace, server } = options;
  const config = loadKubeconfig({ files: kubeconfig, context });
  const own = config.getContextObject(config.getCurrentContext())?.namespace ?? "default";
  const logger = pino({ name: "operator" });
  const operator = await startOperator({
    ...{ namespace, logger, clock: Date.now, bind: options.bind, port: options.port },
    client: createClient(createTransport({ config })),
    // Two processes of one machine are two operators.
    identity: `${hostname()}_${randomUUID()}`,
    election: options.leaderElect ? { namespace: leaseNamespace ?? own, name: LEASE } : null,
    collector: { image: options.collectorImage },
    server,
  });
  logger.info({ port: operator.port, namespace, server: server.client.url }, "the operator runs");
  return operator;
}
