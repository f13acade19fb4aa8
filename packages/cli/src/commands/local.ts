import { setTimeout as sleep } from "node:timers/promises";
import type { Command } from "commander";
import { addCommand, type Cli, durationOption } from "../command.ts";
import { CliError, EXIT, type ExitCode } from "../exit.ts";
import { isReady, probe } from "../local/probe.ts";
import { readServerInfo, type ServerInfo } from "../local/server-info.ts";
import { logFile, startServer, stopServer, tailOfLog } from "../local/server-process.ts";
import { renderFields } from "../output/table.ts";
import type { Session } from "../session.ts";

/** Milliseconds; a first start also prepares the database. */
const START_DEADLINE = 90_000;
const LOOK_EVERY = 100;

/** Commands about the server of a data folder on this machine. */
export function addLocalCommands(cli: Cli, program: Command): void {
  addCommand<{ timeout?: number }>(cli, program, {
    syntax: "up",
    description: "Start server and gateway in the background, and wait until they are ready.",
    examples: ["sluice up", "sluice up --data-dir /var/lib/sluice", "SLUICE_HTTP_PORT=9000 sluice up"],
    options: [durationOption("--timeout <duration>", "give up waiting after this long (default 90s)")],
    run: (session, flags) => up(session, flags.timeout ?? START_DEADLINE),
  });
  addCommand(cli, program, {
    syntax: "down",
    description: "Stop server, gateway, instances and database of the data folder. Nothing stored is lost.",
    examples: ["sluice down"],
    run: async ({ io, dataDir, note }) => {
      if ((await stopServer(io.environment, dataDir)) !== 0) return EXIT.unexpected;
      note("Sluice is down");
      return EXIT.ok;
    },
  });
  addCommand(cli, program, {
    syntax: "status",
    description: "Say whether server and gateway run, and where. A server that does not answer is exit code 6.",
    examples: ["sluice status", "sluice status -o json"],
    run: async (session) => {
      const { client, dataDir } = session;
      const ready = await isReady(client.url);
      const info = readServerInfo(dataDir);
      const gatewayUrl = info?.gatewayUrl ?? null;
      const gatewayAnswers = gatewayUrl !== null && (await probe(gatewayUrl)) !== null;
      const grpcAddress = info?.grpcAddress ?? null;
      const state = { url: client.url, ready, gatewayUrl, gatewayAnswers, grpcAddress, dataDir };
      session.print(state, () =>
        renderFields({
          server: `${client.url} ${ready ? "is ready" : "does not answer"}`,
          gateway: gatewayUrl === null ? null : `${gatewayUrl} ${gatewayAnswers ? "answers" : "does not answer"}`,
          gRPC: grpcAddress,
          data: dataDir,
        }),
      );
      if (!ready) session.note("Start it with: sluice up");
      return ready ? EXIT.ok : EXIT.unreachable;
    },
  });
}

async function up(session: Session, timeoutMs: number): Promise<ExitCode> {
  const { io, dataDir } = session;
  const running = readServerInfo(dataDir);
  if (running !== null && (await isReady(running.url))) {
    printAddresses(session, running, "Sluice runs already");
    return EXIT.ok;
  }
  const { pid, ended } = startServer(io.environment, dataDir);
  const looking = new AbortController();
  const server = await Promise.race([ready(dataDir, pid, timeoutMs, looking.signal), ended]);
  looking.abort();
  if (server === null) {
    throw new CliError(EXIT.timeout, `the server is not ready after ${timeoutMs / 1_000} s; it goes on starting`, [
      `tail ${logFile(dataDir)}`,
      "sluice status",
    ]);
  }
  if (typeof server === "string") {
    const log = tailOfLog(dataDir, 20);
    throw new CliError(EXIT.unexpected, `the server did not start: ${server}\n\n${log}`, ["sluice doctor"]);
  }
  printAddresses(session, server, "Sluice is ready");
  return EXIT.ok;
}

/** Where the server of process `pid` listens, as soon as it is ready; null when the time is over. */
async function ready(dataDir: string, pid: number, timeoutMs: number, signal: AbortSignal): Promise<ServerInfo | null> {
  const deadline = performance.now() + timeoutMs;
  while (performance.now() < deadline && !signal.aborted) {
    const info = readServerInfo(dataDir);
    if (info?.pid === pid && (await isReady(info.url))) return info;
    await sleep(LOOK_EVERY);
  }
  return null;
}

function printAddresses(session: Session, server: ServerInfo, headline: string): void {
  const { url, gatewayUrl = null, grpcAddress = null, pid } = server;
  const { dataDir } = session;
  session.print({ url, gatewayUrl, grpcAddress, pid, dataDir }, () =>
    [
      headline,
      renderFields({
        "  console": url,
        "  API": new URL("/v1", url).href,
        "  reference": new URL("/docs", url).href,
        "  gateway": gatewayUrl,
        "  gRPC": grpcAddress,
        "  data": dataDir,
        "  log": logFile(dataDir),
      }),
    ].join("\n"),
  );
}
