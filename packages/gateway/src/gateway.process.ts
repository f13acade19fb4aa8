import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "pino";
import { removeAdminAddress, writeAdminAddress } from "./admin/admin.file.ts";
import { type AdminOptions, createAdminServer } from "./admin/admin.server.ts";
import { createGateway } from "./gateway.ts";

export interface GatewayProcessOptions {
  dataDir: string;
  bind: string;
  port: number;
  /** Tells it from other gateways. */
  name: string;
  /** So long may requests in flight take after SIGTERM (ms). */
  drainMs: number;
  /** So long after SIGTERM new callers are still served, while it says that it is not ready: balancers hear of it (ms). */
  lingerMs: number;
  /** Whether it wants callers only when it knows its routes. */
  waits: boolean;
  admin: { bind: string; port: number } & Omit<AdminOptions, "logger">;
  logger: Logger;
}

/** A gateway with its admin API, whose address is left in `<dataDir>/gateway/admin.json`. Resolves once both listen. */
export async function startGatewayProcess(options: GatewayProcessOptions) {
  const { dataDir, bind, port, name, waits, drainMs, lingerMs, logger } = options;
  const { token, tls } = options.admin;
  const startedAt = Date.now();
  const gateway = createGateway({ dataDir, bind, port, name, waits, logger });
  const publicPort = await gateway.listen();
  const admin = createAdminServer(gateway, { token, tls, logger });
  const adminPort = await admin.listen(options.admin.bind, options.admin.port);
  const address = { port: adminPort, token, pid: process.pid, startedAt, publicHost: bind, publicPort };
  await writeAdminAddress(dataDir, address);
  logger.info({ name, bind, port: publicPort, adminPort, routes: gateway.table.records.size }, "the gateway listens");
  return {
    address,
    /** Lets requests in flight finish, then ends everything. */
    async stop(): Promise<void> {
      logger.info({ lingerMs, drainMs }, "the gateway drains");
      gateway.retire();
      await sleep(lingerMs);
      await gateway.close(drainMs);
      await admin.close();
      await removeAdminAddress(dataDir, process.pid);
      logger.info("the gateway has stopped");
    },
  };
}
