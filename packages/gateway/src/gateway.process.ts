import { randomBytes } from "node:crypto";
import type { Logger } from "pino";
import { removeAdminAddress, writeAdminAddress } from "./admin/admin.file.ts";
import { createAdminServer } from "./admin/admin.server.ts";
import { createGateway } from "./gateway.ts";

export interface GatewayProcessOptions {
  dataDir: string;
  bind: string;
  port: number;
  /** So long may requests in flight take after SIGTERM (ms). */
  drainMs: number;
  logger: Logger;
}

/** A gateway with its admin API, whose address is left in `<dataDir>/gateway/admin.json`. Resolves once both listen. */
export async function startGatewayProcess({ dataDir, bind, port, drainMs, logger }: GatewayProcessOptions) {
  const startedAt = Date.now();
  const gateway = createGateway({ dataDir, bind, port, name: `gateway-${bind}-${port}`, logger });
  const publicPort = await gateway.listen();
  const token = randomBytes(32).toString("base64url");
  const admin = createAdminServer(gateway, token, logger);
  const adminPort = await admin.listen();
  const address = { port: adminPort, token, pid: process.pid, startedAt, publicHost: bind, publicPort };
  await writeAdminAddress(dataDir, address);
  logger.info({ bind, port: publicPort, adminPort, routes: gateway.table.records.size }, "the gateway listens");
  return {
    address,
    /** Lets requests in flight finish, then ends everything. */
    async stop(): Promise<void> {
      logger.info({ drainMs }, "the gateway drains");
      await gateway.close(drainMs);
      await admin.close();
      await removeAdminAddress(dataDir, process.pid);
      logger.info("the gateway has stopped");
    },
  };
}
