import type { Command } from "commander";
import { addCommand, type Cli, integerOption, option } from "../command.ts";
import { readSettings } from "../config.ts";
import { EXIT, type ExitCode } from "../exit.ts";
import type { Session } from "../session.ts";

interface Flags {
  kubeconfig?: string;
  context?: string;
  namespace?: string;
  leaderElect: boolean;
  leaseNamespace?: string;
  metricsBind: string;
  metricsPort: number;
  collectorImage: string;
  printCrds?: boolean;
}

export function addOperatorCommand(cli: Cli, program: Command): void {
  addCommand<Flags>(cli, program, {
    syntax: "operator",
    description:
      "Look after PhoenixProcessPipeline and sluice.dev objects of a Kubernetes cluster, until it is told to stop; " +
      "what sluice.dev objects ask for is brought to the server.",
    examples: [
      "sluice operator --print-crds | kubectl apply --server-side -f -",
      "sluice operator --context kind-dev --no-leader-elect",
      "SLUICE_URL=http://sluice:8303 SLUICE_TOKEN=… sluice operator --namespace shop",
    ],
    options: [
      option("--kubeconfig <file>", "kubeconfig (KUBECONFIG; in a pod its account, else ~/.kube/config)"),
      option("--context <name>", "context of the kubeconfig (default: the current one)"),
      option("--namespace <name>", "look after this namespace only (default: all)"),
      option("--no-leader-elect", "act without asking for the lease: for one operator alone"),
      option("--lease-namespace <name>", "where the lease is (default: the context's namespace)"),
      option("--metrics-bind <address>", "address of /healthz, /readyz and /metrics").default("127.0.0.1"),
      integerOption(
        "--metrics-port <port>",
        "port of /healthz, /readyz and /metrics; 0 is a free one",
        0,
        65_535,
      ).default(8_383),
      option("--collector-image <image>", "image of collectors whose pipeline names none").default(
        "sluice-collector:latest",
      ),
      option("--print-crds", "print the definitions of these objects, and end"),
    ],
    run: operate,
  });
}

async function operate(session: Session, flags: Flags): Promise<ExitCode> {
  const { io } = session;
  // Whoever does not run an operator does not wait for a client of Kubernetes to load.
  const { allCrds, runOperator } = await import("@sluice/operator");
  if (flags.printCrds === true) {
    io.stdout.write(allCrds());
    return EXIT.ok;
  }
  const interrupted = io.interrupted();
  const operator = await runOperator({
    kubeconfig: flags.kubeconfig === undefined ? readSettings(io.environment).kubeconfig : [flags.kubeconfig],
    context: flags.context ?? null,
    namespace: flags.namespace ?? null,
    leaderElect: flags.leaderElect,
    leaseNamespace: flags.leaseNamespace ?? null,
    bind: flags.metricsBind,
    port: flags.metricsPort,
    collectorImage: flags.collectorImage,
    server: { client: session.client, project: session.scope.project ?? null },
  });
  session.note(`metrics: http://${flags.metricsBind}:${operator.port}/metrics`);
  if (!interrupted.aborted)
    await new Promise((resolve) => interrupted.addEventListener("abort", resolve, { once: true }));
  await operator.close();
  return EXIT.ok;
}
