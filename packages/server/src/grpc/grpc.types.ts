import type { ServiceDefinition } from "@grpc/grpc-js";
import type { PackageDefinition } from "@grpc/proto-loader";
import type { Kysely } from "kysely";
import type { Principal } from "../access/principal.ts";
import type { Config } from "../config.ts";
import type { Database } from "../db/schema.ts";
import type { ReadinessCheck } from "../http/readiness.ts";
import type { Services } from "../http/services.ts";

/** Who calls, and until when an answer is of use to them. */
export interface GrpcCall {
  principal: Principal;
  /** Aborts when the caller hangs up or its deadline is over: nothing is to be committed after that. */
  signal: AbortSignal;
}

export interface GrpcMethod {
  /** Needs no token, and its caller is nobody in particular. */
  public?: true;
  /** The answer, as the method's response message. Throws `SluiceError`. */
  handle(call: GrpcCall, request: unknown): Promise<object>;
}

/** One service, its methods by their names in the proto file. */
export interface GrpcSurface {
  /** The proto file's content, for reflection. */
  definition: PackageDefinition;
  /** Full name of the service. */
  name: string;
  service: ServiceDefinition;
  methods: Readonly<Record<string, GrpcMethod>>;
}

export interface GrpcDeps {
  services: Services;
  db: Kysely<Database>;
  config: Config;
  readiness: Readonly<Record<string, ReadinessCheck>>;
}

/** Makes the service of one noun. */
export type GrpcRoutes = (deps: GrpcDeps) => GrpcSurface;
