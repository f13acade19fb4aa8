import { Client, credentials, type ServiceError, status } from "@grpc/grpc-js";

export interface HealthQuestion {
  /** `host:port`. */
  target: string;
  tls: boolean;
  /** Empty: the server as a whole. */
  service: string;
}

/** grpc.health.v1.HealthCheckResponse.ServingStatus, in the order of its numbers. */
const STATUSES = ["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"] as const;
export type ServingStatus = (typeof STATUSES)[number];

const METHOD = "/grpc.health.v1.Health/Check";
const MAX_ANSWER = 65_536;

/**
 * One call of `grpc.health.v1.Health/Check`. Throws when the server cannot be reached, does not know the service or
 * the protocol, or the signal aborts. The two messages have one field each, so no schema is loaded for them.
 */
export async function checkGrpcHealth(
  { target, tls, service }: HealthQuestion,
  signal: AbortSignal,
): Promise<ServingStatus> {
  const client = new Client(target, tls ? credentials.createSsl() : credentials.createInsecure(), {
    "grpc.max_receive_message_length": MAX_ANSWER,
    // A dependency is asked directly, whatever proxy this process was started with.
    "grpc.enable_http_proxy": 0,
  });
  try {
    return await new Promise<ServingStatus>((resolve, reject) => {
      const call = client.makeUnaryRequest(METHOD, encodeRequest, decodeResponse, service, (error, answer) => {
        if (error !== null) reject(new Error(reasonOf(error), { cause: error }));
        else resolve(answer ?? "UNKNOWN");
      });
      if (signal.aborted) call.cancel();
      else signal.addEventListener("abort", () => call.cancel(), { once: true });
    });
  } finally {
    client.close();
  }
}

/** HealthCheckRequest: `string service = 1`. */
export function encodeRequest(service: string): Buffer {
  const text = Buffer.from(service, "utf8");
  return text.length === 0 ? text : Buffer.concat([Buffer.of(0x0a, ...varint(text.length)), text]);
}

function varint(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)];
}

/** HealthCheckResponse: `ServingStatus status = 1`, absent when it is 0. Fields that are not known end the reading. */
export function decodeResponse(bytes: Buffer): ServingStatus {
  const number = bytes[0] === 0x08 ? (bytes[1] ?? 0) : 0;
  return STATUSES[number] ?? "UNKNOWN";
}

function reasonOf({ code, details }: ServiceError): string {
  if (code === status.UNIMPLEMENTED) return "it does not implement grpc.health.v1";
  if (code === status.NOT_FOUND) return "it does not know the service";
  return `${status[code] ?? code}: ${details.slice(0, 200)}`;
}
