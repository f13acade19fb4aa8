import { resolve } from "node:path";
import { HIDDEN, nameSchema, REGION_HEADER } from "@sluice/core";
import { REACHES, type Reach } from "@sluice/runtimes";
import { z } from "zod";
import { readAliases } from "./config.aliases.ts";
import { type ModelConfig, modelConfig, modelVariables } from "./kinds/model/model.config.ts";
import { nodeLabelsOf } from "./node/node.labels.ts";
import { gatewayAddresses, type RemoteGateways } from "./routing/gateway.address.ts";
import { STORAGE_SECRETS } from "./storage/storage.config.ts";

const port = (fallback: number) => z.coerce.number().int().min(0).max(65_535).default(fallback);
const flag = z.enum(["on", "off"]);

/** Every variable that any part of Sluice reads, in one place. `0` as a port means: any free one. */
const schema = z.object({
  SLUICE_BIND: z.union([z.ipv4(), z.ipv6()]).default("127.0.0.1"),
  SLUICE_HTTP_PORT: port(8303),
  SLUICE_GRPC_PORT: port(9005),
  SLUICE_GATEWAY_PORT: port(30_080),
  /** Administration of gateways that run by themselves: addresses, or `dns+http://name:port` for all that the name resolves to. */
  SLUICE_GATEWAYS: z.string().transform(gatewayAddresses).optional(),
  /** What those gateways are shown; the same for all. */
  SLUICE_GATEWAY_TOKEN: z
    .string()
    .regex(/^[\x21-\x7e]{16,4096}$/, "at least 16 visible ASCII characters")
    .optional(),
  /** The authority that signed their certificates: a PEM file. */
  SLUICE_GATEWAY_CA: z.string().min(1).optional(),
  /** Where callers reach those gateways. */
  SLUICE_GATEWAY_URL: z.url({ protocol: /^https?$/ }).optional(),
  /** Where the other servers of the same database reach this one. Left out: by the name of the machine, or where it listens. */
  SLUICE_ADVERTISE_URL: z.url({ protocol: /^https?$/ }).optional(),
  /** The header in which a front proxy names the region of a caller. */
  SLUICE_REGION_HEADER: z
    .string()
    .regex(/^[\w.-]{1,100}$/, "the name of a header: letters, digits, '-', '_' and '.'")
    .toLowerCase()
    .default(REGION_HEADER),
  SLUICE_DATA_DIR: z.string().min(1).default(".sluice"),
  SLUICE_AUTH: flag.optional(),
  /** The first administrator's token. Left out: one is made, and written to `admin-token` in the data folder. */
  SLUICE_ADMIN_TOKEN: z
    .string()
    .regex(/^[\x21-\x7e]{16,4096}$/, "at least 16 visible ASCII characters")
    .optional(),
  /** Certificate, its key, and the authority that callers' certificates must be signed by: PEM files. */
  SLUICE_GRPC_TLS_CERT: z.string().min(1).optional(),
  SLUICE_GRPC_TLS_KEY: z.string().min(1).optional(),
  SLUICE_GRPC_TLS_CLIENT_CA: z.string().min(1).optional(),
  /** The environment that is meant where a call by gRPC names none. */
  SLUICE_ENVIRONMENT: nameSchema.optional(),
  /** What the server calls its own version. */
  SLUICE_VERSION: z.string().min(1).max(100).default("0.1.0"),
  SLUICE_LOG_LEVEL: z.enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"]).default("info"),
  SLUICE_LOG_FORMAT: z.enum(["json", "text"]).default("json"),
  /** Where traces go by OTLP: `grpc:` and `grpcs:` by gRPC, `http:` and `https:` by HTTP. */
  SLUICE_OTLP_ENDPOINT: z.url({ protocol: /^(https?|grpcs?)$/ }).optional(),
  /** On where an endpoint is given. */
  SLUICE_TRACING: flag.optional(),
  SLUICE_TRACING_SAMPLING: z.coerce.number().min(0).max(1).default(1),
  SLUICE_WORKERS: z.coerce.number().int().min(1).max(64).default(8),
  SLUICE_MAX_ACTIVE_ROLLOUTS: z.coerce.number().int().min(1).max(100_000).default(10_000),
  /** Commands of workflows and jobs that this server runs at the same time. */
  SLUICE_WORKFLOW_PLACES: z.coerce.number().int().min(1).max(256).default(4),
  /** Days after its end that a run's logs and artifacts are kept. */
  SLUICE_WORKFLOW_KEEP_DAYS: z.coerce.number().int().min(1).max(3_650).default(30),
  SLUICE_RATE_LIMIT: z.coerce.number().int().min(1).default(6_000),
  /** Prompts that one caller may read, or report of, in a second. */
  SLUICE_RESOLVE_LIMIT: z.coerce.number().int().min(1).default(100_000),
  SLUICE_BODY_LIMIT: z.coerce.number().int().min(1_024).default(1_048_576),
  /** Folder of OSV entries that tests of candidates look up known vulnerabilities in. */
  SLUICE_OSV_DIR: z.string().min(1).optional(),
  /** Seals secrets; several servers of one database need the same. Left out: made once and kept in the data folder. */
  SLUICE_SECRET_KEY: z
    .string()
    .regex(/^[A-Za-z0-9+/]{43}=$/, "32 bytes in base64, as `openssl rand -base64 32` prints them")
    .optional(),
  /** An evaluation service of yours, asked where a gate needs figures that nobody has recorded. */
  SLUICE_EVAL_ADDRESS: z.url({ protocol: /^(https?|grpcs?)$/ }).optional(),
  SLUICE_EVAL_TOKEN: z
    .string()
    .regex(/^[\x21-\x7e]{1,4096}$/, "visible ASCII characters")
    .optional(),
  SLUICE_EVAL_TIMEOUT_MS: z.coerce.number().int().min(100).max(60_000).default(5_000),
  /** Labels of the machine that the server is on, as a node of pipelines: `environment=production,tier=frontend`. */
  SLUICE_NODE_LABELS: z.string().transform(nodeLabelsOf).default({}),
  /** Where Docker's (or Podman's) API listens, for targets of type docker that name no host. */
  SLUICE_DOCKER_HOST: z.string().min(1).default("unix:///var/run/docker.sock"),
  /** On: `tcp:` means TLS. */
  SLUICE_DOCKER_TLS_VERIFY: flag.default("off"),
  /** Folder of ca.pem, cert.pem and key.pem. Left out: that of Docker's configuration. */
  SLUICE_DOCKER_CERT_PATH: z.string().min(1).optional(),
  /** Folder of Docker's config.json, where credentials of registries are. Left out: `.docker` in the home folder. */
  SLUICE_DOCKER_CONFIG: z.string().min(1).optional(),
  /** Where containers are reached: at ports `published` on the daemon's machine, or at their own addresses. */
  SLUICE_DOCKER_REACH: z.enum(REACHES).default("published"),
  /** Files with clusters and credentials, with colons. Left out: the account of the pod that the server is in, else ~/.kube/config. */
  SLUICE_KUBECONFIG: z.string().min(1).optional(),
  /** Namespaces of clusters that the server looks at, with commas. Left out: all of them. */
  SLUICE_KUBERNETES_NAMESPACES: z
    .string()
    .regex(/^[a-z0-9-]+(,[a-z0-9-]+)*$/, "names of namespaces, with commas between them")
    .optional(),
  ...modelVariables,
  /** Name of a crash point: the process kills itself there. For tests only. */
  SLUICE_CRASH_AT: z.string().optional(),
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }).optional(),
  SLUICE_DB_HOST: z.string().min(1).optional(),
  SLUICE_DB_PORT: z.coerce.number().int().min(1).max(65_535).default(5_432),
  SLUICE_DB_USER: z.string().min(1).default("sluice"),
  SLUICE_DB_PASSWORD: z.string().default(""),
  SLUICE_DB_NAME: z.string().min(1).default("sluice"),
  SLUICE_DB_SSLMODE: z.enum(["disable", "require", "verify-full"]).default("disable"),
});

export interface Config {
  bind: string;
  httpPort: number;
  grpcPort: number;
  gatewayPort: number;
  /** Gateways that run by themselves; null: the server starts one of its own. */
  gateways: RemoteGateways | null;
  /** Where other servers reach this one; null: where it listens. */
  advertiseUrl: string | null;
  /** Lower case. */
  regionHeader: string;
  dataDir: string;
  /** On unless the server listens on loopback only and nobody asked otherwise. */
  auth: boolean;
  /** The first administrator's; null: one is made. */
  adminToken: string | null;
  /** Null: plain text. */
  grpcTls: { certificate: string; key: string; clientCa: string | null } | null;
  /** The environment that is meant where a call by gRPC names none; null: it must. */
  defaultEnvironment: string | null;
  version: string;
  logLevel: string;
  logFormat: "json" | "text";
  /** Null: nothing is traced. `sampling` is the share of traces that are sent, 0 to 1. */
  tracing: { endpoint: string; sampling: number } | null;
  /** About variables that were read and do nothing; for the log. */
  notes: string[];
  workers: number;
  maxActiveRollouts: number;
  /** Commands at the same time, and days that what they leave behind is kept. */
  workflows: { places: number; keepDays: number };
  /** Requests a minute for one caller. */
  rateLimit: number;
  /** Prompts that one caller may read, or report of, in a second. */
  resolveLimit: number;
  /** Bytes of a request body. */
  bodyLimit: number;
  /** Absolute. Null: versions are not checked for known vulnerabilities. */
  osvDir: string | null;
  /** 32 bytes in base64, with which secrets are sealed. Null: the one of the data folder. */
  secretKey: string | null;
  /** Null: there is none. */
  evaluationService: { address: string; token: string | null; timeoutMs: number } | null;
  /** Of the machine that the server is on, as a node of pipelines. */
  nodeLabels: Record<string, string>;
  /** The daemon of targets that name none, and how each is spoken to. Folders are absolute; null: Docker's own. */
  docker: {
    host: string;
    tls: boolean;
    certFolder: string | null;
    configFolder: string | null;
    reach: Reach;
  };
  /** How clusters are reached. `kubeconfig` empty: by the account of the server's pod or the user's own file; `namespaces` null: all. */
  kubernetes: { kubeconfig: string[]; inCluster: boolean; namespaces: string[] | null };
  /** Files of models, and how they are served. */
  models: ModelConfig;
  crashAt: string | null;
  /** Null: the embedded PostgreSQL. */
  databaseUrl: string | null;
  /** What programs that Sluice starts may inherit. */
  programEnv: Record<string, string>;
}

/** Variables that are not ours and that a program cannot do without. */
const INHERITED = ["PATH", "HOME", "TMPDIR", "LANG", "TZ"];

/** A variable that cannot be used; the message names it, what it was and what is allowed. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

export const isLoopback = (address: string): boolean => address === "::1" || /^127\./.test(address);

/** The process's configuration from its environment. Throws `ConfigError` naming every bad variable at once. */
export function readConfig(given: Record<string, string | undefined>): Config {
  const { environment, givenAs, problems, notes } = readAliases(given);
  const known = Object.fromEntries(
    Object.keys(schema.shape).flatMap((name) => {
      const value = environment[name];
      return value === undefined || value === "" ? [] : [[name, value]];
    }),
  );
  const unknown = Object.keys(environment).filter((name) => name.startsWith("SLUICE_") && !(name in schema.shape));
  const parsed = schema.safeParse(known);
  if (!parsed.success || unknown.length > 0 || problems.length > 0) {
    const bad = parsed.success ? [] : parsed.error.issues.map((issue) => describeIssue(issue, known, givenAs));
    const strange = unknown.map(
      (name) => `${name} is not a variable of Sluice; known: ${Object.keys(schema.shape).join(", ")}`,
    );
    throw new ConfigError([...problems, ...bad, ...strange].join("\n"));
  }
  const values = parsed.data;
  return {
    bind: values.SLUICE_BIND,
    httpPort: values.SLUICE_HTTP_PORT,
    grpcPort: values.SLUICE_GRPC_PORT,
    gatewayPort: values.SLUICE_GATEWAY_PORT,
    gateways: gatewaysOf(values),
    advertiseUrl: values.SLUICE_ADVERTISE_URL ?? null,
    adminToken: values.SLUICE_ADMIN_TOKEN ?? null,
    regionHeader: values.SLUICE_REGION_HEADER,
    dataDir: resolve(values.SLUICE_DATA_DIR),
    auth: values.SLUICE_AUTH === undefined ? !isLoopback(values.SLUICE_BIND) : values.SLUICE_AUTH === "on",
    grpcTls: grpcTlsOf(values),
    defaultEnvironment: values.SLUICE_ENVIRONMENT ?? null,
    version: values.SLUICE_VERSION,
    logLevel: values.SLUICE_LOG_LEVEL,
    logFormat: values.SLUICE_LOG_FORMAT,
    tracing: tracingOf(values),
    notes,
    workers: values.SLUICE_WORKERS,
    maxActiveRollouts: values.SLUICE_MAX_ACTIVE_ROLLOUTS,
    workflows: { places: values.SLUICE_WORKFLOW_PLACES, keepDays: values.SLUICE_WORKFLOW_KEEP_DAYS },
    rateLimit: values.SLUICE_RATE_LIMIT,
    resolveLimit: values.SLUICE_RESOLVE_LIMIT,
    bodyLimit: values.SLUICE_BODY_LIMIT,
    secretKey: values.SLUICE_SECRET_KEY ?? null,
    osvDir: values.SLUICE_OSV_DIR === undefined ? null : resolve(values.SLUICE_OSV_DIR),
    evaluationService:
      values.SLUICE_EVAL_ADDRESS === undefined
        ? null
        : {
            address: values.SLUICE_EVAL_ADDRESS,
            token: values.SLUICE_EVAL_TOKEN ?? null,
            timeoutMs: values.SLUICE_EVAL_TIMEOUT_MS,
          },
    nodeLabels: values.SLUICE_NODE_LABELS,
    docker: {
      host: values.SLUICE_DOCKER_HOST,
      tls: values.SLUICE_DOCKER_TLS_VERIFY === "on",
      certFolder: values.SLUICE_DOCKER_CERT_PATH === undefined ? null : resolve(values.SLUICE_DOCKER_CERT_PATH),
      configFolder: values.SLUICE_DOCKER_CONFIG === undefined ? null : resolve(values.SLUICE_DOCKER_CONFIG),
      reach: values.SLUICE_DOCKER_REACH,
    },
    kubernetes: {
      kubeconfig: (values.SLUICE_KUBECONFIG?.split(":") ?? [])
        .filter((file) => file !== "")
        .map((file) => resolve(file)),
      inCluster: environment.KUBERNETES_SERVICE_HOST !== undefined,
      namespaces: values.SLUICE_KUBERNETES_NAMESPACES?.split(",") ?? null,
    },
    models: modelConfig(values),
    crashAt: values.SLUICE_CRASH_AT ?? null,
    databaseUrl: values.DATABASE_URL ?? urlFromParts(values),
    programEnv: Object.fromEntries(
      INHERITED.flatMap((name) => {
        const value = environment[name];
        return value === undefined ? [] : [[name, value]];
      }),
    ),
  };
}

/** The configuration of this process. The only place where its environment is read. */
export const processConfig = (): Config => readConfig(process.env);

type Values = z.infer<typeof schema>;

function grpcTlsOf(values: Values): Config["grpcTls"] {
  const { SLUICE_GRPC_TLS_CERT: certificate, SLUICE_GRPC_TLS_KEY: key, SLUICE_GRPC_TLS_CLIENT_CA: clientCa } = values;
  if (certificate === undefined && key === undefined && clientCa === undefined) return null;
  if (certificate !== undefined && key !== undefined) {
    return { certificate: resolve(certificate), key: resolve(key), clientCa: clientCa ? resolve(clientCa) : null };
  }
  const missing = certificate === undefined ? "SLUICE_GRPC_TLS_CERT" : "SLUICE_GRPC_TLS_KEY";
  throw new ConfigError(
    `${missing} is missing; allowed: a PEM file, since TLS for gRPC needs a certificate and its key`,
  );
}

function gatewaysOf(values: Values): RemoteGateways | null {
  const { SLUICE_GATEWAYS: addresses, SLUICE_GATEWAY_TOKEN: token, SLUICE_GATEWAY_CA: ca } = values;
  if (addresses === undefined) return null;
  if (token === undefined) {
    throw new ConfigError(
      "SLUICE_GATEWAY_TOKEN is missing; allowed: the token that the gateways of SLUICE_GATEWAYS were given",
    );
  }
  const [first] = addresses;
  const host = first === undefined ? "127.0.0.1" : new URL(first.url).hostname;
  const url = values.SLUICE_GATEWAY_URL ?? `http://${host}:${values.SLUICE_GATEWAY_PORT}`;
  return { addresses, token, ca: ca === undefined ? null : resolve(ca), url: url.replace(/\/+$/, "") };
}

function tracingOf(values: Values): Config["tracing"] {
  const { SLUICE_OTLP_ENDPOINT: endpoint, SLUICE_TRACING: wish, SLUICE_TRACING_SAMPLING: sampling } = values;
  if (endpoint !== undefined) return wish === "off" ? null : { endpoint, sampling };
  if (wish !== "on") return null;
  throw new ConfigError("SLUICE_OTLP_ENDPOINT is missing; allowed: where traces are to go, since SLUICE_TRACING is on");
}

function urlFromParts(values: Values): string | null {
  if (values.SLUICE_DB_HOST === undefined) return null;
  const url = new URL(`postgres://${values.SLUICE_DB_HOST}:${values.SLUICE_DB_PORT}/${values.SLUICE_DB_NAME}`);
  url.username = values.SLUICE_DB_USER;
  url.password = values.SLUICE_DB_PASSWORD;
  url.searchParams.set("sslmode", values.SLUICE_DB_SSLMODE);
  return url.href;
}

/** Variables whose value must not be shown, even when it is wrong. */
const SECRET = new Set([
  "SLUICE_SECRET_KEY",
  "SLUICE_ADMIN_TOKEN",
  "SLUICE_GATEWAY_TOKEN",
  "DATABASE_URL",
  "SLUICE_DB_PASSWORD",
  "SLUICE_EVAL_ADDRESS",
  "SLUICE_EVAL_TOKEN",
  "SLUICE_OTLP_ENDPOINT",
  ...STORAGE_SECRETS,
]);

function describeIssue(
  issue: z.core.$ZodIssue,
  given: Record<string, string>,
  givenAs: ReadonlyMap<string, string>,
): string {
  const name = String(issue.path[0]);
  const value = SECRET.has(name) ? HIDDEN : JSON.stringify(given[name]);
  return `${givenAs.get(name) ?? name} is ${value}; ${issue.message}`;
}
