import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { parseArgs } from "node:util";
import { z } from "zod";
import type { GatewayProcessOptions } from "./gateway.process.ts";

/** Every variable that the gateway reads. */
const environmentSchema = z.object({
  /** What the control plane shows it; `--admin-token-file` names a file instead. */
  SLUICE_GATEWAY_TOKEN: z
    .string()
    .regex(/^[\x21-\x7e]{16,4096}$/, "at least 16 visible ASCII characters")
    .optional(),
});

export const USAGE = `usage: main.ts --data-dir <folder> [options]

  --bind <address>          where callers are listened to (127.0.0.1)
  --port <number>           and at which port; 0 takes a free one (30080)
  --name <name>             tells it from other gateways (by its machine, address and port)
  --drain-ms <number>       how long requests in flight may take after SIGTERM (30000)
  --linger-ms <number>      how long after SIGTERM new callers are still served, while /readyz says no (0)
  --wait-for-routes         want callers (/readyz) only when all routes are known: for one that joins others
  --admin-bind <address>    where the control plane is listened to (127.0.0.1)
  --admin-port <number>     and at which port; 0 takes a free one (0)
  --admin-token-file <file> what the control plane has to show; or SLUICE_GATEWAY_TOKEN (made at every start)
  --admin-cert <file>       certificate and key of the administration, PEM; without them it is plain text
  --admin-key <file>`;

/** The command line and the variables of this process, checked. Throws an `Error` that says what is wrong. */
export function readGatewayOptions(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Omit<GatewayProcessOptions, "logger"> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      "data-dir": { type: "string" },
      bind: { type: "string", default: "127.0.0.1" },
      port: { type: "string", default: "30080" },
      name: { type: "string" },
      "drain-ms": { type: "string", default: "30000" },
      "linger-ms": { type: "string", default: "0" },
      "wait-for-routes": { type: "boolean", default: false },
      "admin-bind": { type: "string", default: "127.0.0.1" },
      "admin-port": { type: "string", default: "0" },
      "admin-token-file": { type: "string" },
      "admin-cert": { type: "string" },
      "admin-key": { type: "string" },
    },
  });
  const dataDir = values["data-dir"];
  if (dataDir === undefined) throw new Error("--data-dir is missing");
  const adminBind = values["admin-bind"];
  const token = tokenOf(values["admin-token-file"], environment);
  if (token === null && !isLoopback(adminBind)) {
    throw new Error(
      `--admin-bind is ${adminBind}, where others reach it; then SLUICE_GATEWAY_TOKEN or --admin-token-file is needed`,
    );
  }
  const port = wholeNumber("--port", values.port, 65_535);
  return {
    dataDir,
    bind: values.bind,
    port,
    name: values.name ?? `gateway-${hostname()}-${values.bind}-${port === 0 ? process.pid : port}`,
    drainMs: wholeNumber("--drain-ms", values["drain-ms"], 3_600_000),
    lingerMs: wholeNumber("--linger-ms", values["linger-ms"], 600_000),
    waits: values["wait-for-routes"],
    admin: {
      bind: adminBind,
      port: wholeNumber("--admin-port", values["admin-port"], 65_535),
      token: token ?? randomBytes(32).toString("base64url"),
      tls: tlsOf(values["admin-cert"], values["admin-key"]),
    },
  };
}

/** How this process was called. The only place where its environment is read. */
export const processOptions = (): ReturnType<typeof readGatewayOptions> =>
  readGatewayOptions(process.argv.slice(2), process.env);

function tokenOf(file: string | undefined, given: Readonly<Record<string, string | undefined>>): string | null {
  const environment = {
    SLUICE_GATEWAY_TOKEN: file === undefined ? given.SLUICE_GATEWAY_TOKEN : read("--admin-token-file", file),
  };
  const parsed = environmentSchema.safeParse(environment);
  if (parsed.success) return parsed.data.SLUICE_GATEWAY_TOKEN ?? null;
  // Never the value: it is a secret, even when it is wrong.
  const where = file === undefined ? "SLUICE_GATEWAY_TOKEN" : `the token in ${file}`;
  throw new Error(`${where} cannot be used; allowed: ${parsed.error.issues[0]?.message}`);
}

function tlsOf(certificate: string | undefined, key: string | undefined) {
  if (certificate === undefined && key === undefined) return null;
  if (certificate === undefined || key === undefined) {
    throw new Error(
      `${certificate === undefined ? "--admin-cert" : "--admin-key"} is missing; TLS needs a certificate and its key`,
    );
  }
  return { certificate: read("--admin-cert", certificate), key: read("--admin-key", key) };
}

function read(option: string, file: string): string {
  try {
    return readFileSync(file, "utf8").trim();
  } catch (error) {
    throw new Error(`${option} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function wholeNumber(option: string, written: string, max: number): number {
  const value = Number(written);
  if (/^\d+$/.test(written) && value <= max) return value;
  throw new Error(`${option} is ${written}; allowed: a whole number from 0 to ${max}`);
}

const isLoopback = (address: string): boolean => address === "::1" || address === "localhost" || /^127\./.test(address);
