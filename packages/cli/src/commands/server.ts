import { ok } from "@sluice/client";
import type { Command } from "commander";
import { addCommand, addGroup, type Cli, integerOption, option, required } from "../command.ts";
import { serverEnvironment } from "../config.ts";
import { become } from "../local/become.ts";
import { renderTable } from "../output/table.ts";

/** The parts of Sluice, run by hand or by a supervisor; and the servers that share a database. */
export function addServerCommands(cli: Cli, program: Command): void {
  addCommand(cli, program, {
    syntax: "server",
    description:
      "Run a server in the foreground until it is told to stop. It is configured by SLUICE_* variables; without SLUICE_GATEWAYS it " +
      "starts a gateway of its own, without DATABASE_URL a database.",
    examples: [
      "sluice server",
      "DATABASE_URL=postgres://sluice@db/sluice SLUICE_GATEWAYS=http://10.0.0.5:30081 SLUICE_GATEWAY_TOKEN=… sluice server",
    ],
    run: async ({ io, dataDir }) => become("server", [], serverEnvironment(io.environment, dataDir)),
  });
  const group = addGroup(program, "servers", "The servers that share a database.");
  addCommand(cli, group, {
    syntax: "list",
    description: "List the servers of the database, and how many deployments only each of them looks after.",
    examples: ["sluice servers list"],
    run: async ({ client, print }) => {
      const answer = await ok(client.http.GET("/v1/servers", {}));
      print(answer, () =>
        renderTable(answer.items, [
          { title: "id", value: ({ id }) => id },
          { title: "host", value: ({ host }) => host ?? "" },
          { title: "url", value: ({ url }) => url },
          { title: "version", value: ({ version }) => version ?? "" },
          {
            title: "state",
            value: ({ alive, stoppedAt }) => (alive ? "alive" : stoppedAt === null ? "gone" : "stopped"),
          },
          { title: "seen", value: ({ seenAt }) => seenAt },
          { title: "deployments", value: ({ deployments }) => String(deployments) },
        ]),
      );
      return undefined;
    },
  });
  addCommand(cli, group, {
    syntax: "forget <id>",
    description: "Give what a server that is gone had to the others, which start it on their machines.",
    examples: ["sluice servers forget 0d6ea0b1-6a38-4f6a-9f53-3d1cf2a1a5a8"],
    run: async ({ client, note }, _flags, id) => {
      await ok(client.http.DELETE("/v1/servers/{id}", { params: { path: { id: required(id) } } }));
      note(`server ${id} is forgotten`);
      return undefined;
    },
  });
  addGatewayCommand(cli, program);
}

interface GatewayFlags {
  bind?: string;
  port?: number;
  name?: string;
  drainMs?: number;
  lingerMs?: number;
  waitForRoutes?: boolean;
  adminBind?: string;
  adminPort?: number;
  adminTokenFile?: string;
  adminCert?: string;
  adminKey?: string;
}

const OPTIONS: Readonly<Record<keyof GatewayFlags, string>> = {
  bind: "--bind",
  port: "--port",
  name: "--name",
  drainMs: "--drain-ms",
  lingerMs: "--linger-ms",
  waitForRoutes: "--wait-for-routes",
  adminBind: "--admin-bind",
  adminPort: "--admin-port",
  adminTokenFile: "--admin-token-file",
  adminCert: "--admin-cert",
  adminKey: "--admin-key",
};

function addGatewayCommand(cli: Cli, program: Command): void {
  addCommand<GatewayFlags>(cli, program, {
    syntax: "gateway",
    description:
      "Run a gateway in the foreground until it is told to stop. Servers that name it in SLUICE_GATEWAYS tell it what to deal.",
    examples: [
      "SLUICE_GATEWAY_TOKEN=… sluice gateway --bind 0.0.0.0 --admin-bind 0.0.0.0 --admin-port 30081",
      "sluice gateway --port 30090 --admin-port 30091 --admin-token-file ./gateway-token",
    ],
    options: [
      option("--bind <address>", "where callers are listened to (default 127.0.0.1)"),
      integerOption("--port <number>", "and at which port; 0 takes a free one (default 30080)", 0, 65_535),
      option("--name <name>", "tells it from other gateways (default: by its machine, address and port)"),
      integerOption(
        "--drain-ms <number>",
        "how long requests in flight may take after SIGTERM (default 30000)",
        0,
        3_600_000,
      ),
      integerOption(
        "--linger-ms <number>",
        "how long after SIGTERM new callers are still served, while /readyz says no (default 0)",
        0,
        600_000,
      ),
      option("--wait-for-routes", "want callers (/readyz) only when all routes are known: for one that joins others"),
      option("--admin-bind <address>", "where servers are listened to (default 127.0.0.1)"),
      integerOption("--admin-port <number>", "and at which port; 0 takes a free one (default 0)", 0, 65_535),
      option("--admin-token-file <file>", "what servers have to show (SLUICE_GATEWAY_TOKEN)"),
      option("--admin-cert <file>", "certificate of the administration, PEM; without one it is plain text"),
      option("--admin-key <file>", "and its key"),
    ],
    run: async ({ io, dataDir }, flags) => {
      const given = Object.entries(flags).flatMap(([flag, value]) => {
        const name = OPTIONS[flag as keyof GatewayFlags];
        if (name === undefined) return [];
        return value === true ? [name] : [`${name}=${value}`];
      });
      return become("gateway", [`--data-dir=${dataDir}`, ...given], io.environment);
    },
  });
}
