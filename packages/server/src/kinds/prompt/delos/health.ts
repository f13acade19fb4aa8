import type { GrpcDeps } from "../../../grpc/grpc.types.ts";
import { failedChecks } from "../../../http/readiness.ts";

/** The message `HealthResponse`. */
export async function healthOf({ readiness, config }: GrpcDeps) {
  const failed = await failedChecks(readiness);
  return {
    status: failed.size === 0 ? "SERVING" : "NOT_SERVING",
    version: config.version,
    checks: Object.fromEntries(Object.keys(readiness).map((name) => [name, failed.has(name) ? "failed" : "ok"])),
  };
}
