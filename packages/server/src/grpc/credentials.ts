import { readFile } from "node:fs/promises";
import { createSecureContext } from "node:tls";
import { ServerCredentials } from "@grpc/grpc-js";
import { SluiceError } from "@sluice/core";
import type { Config } from "../config.ts";

type GrpcTls = NonNullable<Config["grpcTls"]>;

/** Plain text without files; with them TLS, and with a client authority only those whose certificate it has signed. */
export async function credentialsOf(tls: GrpcTls | null): Promise<ServerCredentials> {
  if (tls === null) return ServerCredentials.createInsecure();
  const [certificate, key, clientCa] = await Promise.all([
    read("SLUICE_GRPC_TLS_CERT", tls.certificate),
    read("SLUICE_GRPC_TLS_KEY", tls.key),
    tls.clientCa === null ? null : read("SLUICE_GRPC_TLS_CLIENT_CA", tls.clientCa),
  ]);
  try {
    // grpc-js would find out at the first connection, and tell nobody but the caller.
    createSecureContext({ cert: certificate, key, ...(clientCa !== null && { ca: clientCa }) });
  } catch (error) {
    const which = `SLUICE_GRPC_TLS_CERT (${tls.certificate}) and SLUICE_GRPC_TLS_KEY (${tls.key})`;
    throw new SluiceError("failed_precondition", `${which} are no certificate and its key in PEM`, { cause: error });
  }
  const pair = { cert_chain: certificate, private_key: key };
  return ServerCredentials.createSsl(clientCa, [pair], clientCa !== null);
}

async function read(variable: string, file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new SluiceError("failed_precondition", `${variable} is ${file}, which cannot be read`, { cause: error });
  }
}
