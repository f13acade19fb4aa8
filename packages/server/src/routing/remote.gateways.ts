import { lookup } from "node:dns/promises";
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { SluiceError } from "@sluice/core";
import { connectRemoteGateway } from "@sluice/gateway";
import type { Logger } from "pino";
import type { RemoteGateways } from "./gateway.address.ts";
import { createGatewaySet, type GatewaySet } from "./gateway.set.ts";

/** So long may the first of them take to answer; then the server starts without, and says that it is not ready (ms). */
const READY_MS = 5_000;

/** Follows gateways that run by themselves. They go on when the server ends. Throws `failed_precondition` for a bad certificate file. */
export async function followGateways({ addresses, token, ca }: RemoteGateways, logger: Logger): Promise<GatewaySet> {
  const authority = ca === null ? null : await readAuthority(ca);
  const set = createGatewaySet({
    addresses,
    connect: ({ url, serverName }) => connectRemoteGateway({ url, token, ca: authority, serverName }),
    resolve: async (host) => (await lookup(host, { all: true })).map(({ address }) => address),
    logger,
  });
  const connected = new Promise<void>((resolve) => set.onConnect(resolve));
  await Promise.race([connected, sleep(READY_MS, undefined, { ref: false })]);
  return set;
}

async function readAuthority(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new SluiceError("failed_precondition", `SLUICE_GATEWAY_CA cannot be read: ${why}`, { cause: error });
  }
}
