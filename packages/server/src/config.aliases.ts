/**
 * Variables of other systems that are read as ours, so that a set-up written for one of them works as it is. Ours win where
 * both are set. Pure.
 */

type Environment = Readonly<Record<string, string | undefined>>;

interface Alias {
  /** Our variable. */
  name: string;
  /** The value as ours has it; what it does not know is left as it is, to be refused by name. */
  translate?: (value: string) => string;
  /** What the other system takes where the variable is not set. Only with `when`. */
  fallback?: string;
  /** Only in these set-ups. */
  when?: (environment: Environment) => boolean;
}

/** Without a scheme it is gRPC, as OTLP's port of old has it. */
const otlpAddress = (value: string): string => (value.includes("://") ? value : `grpc://${value}`);

const asItIs = (value: string): string => value;

const onOff = (value: string): string => ({ true: "on", "1": "on", false: "off", "0": "off" })[value] ?? value;

/** The database's parts count only where the backend is PostgreSQL; without it the embedded one is used. */
const inPostgres = ({ DELOS_STORAGE_BACKEND }: Environment): boolean => DELOS_STORAGE_BACKEND === "postgres";

const traced = ({ DELOS_TRACING_ENABLED }: Environment): boolean => onOff(DELOS_TRACING_ENABLED ?? "") === "on";

const ALIASES: Readonly<Record<string, Alias>> = {
  DELOS_ENV: { name: "SLUICE_ENVIRONMENT" },
  DELOS_VERSION: { name: "SLUICE_VERSION" },
  DELOS_GRPC_PORT: { name: "SLUICE_GRPC_PORT" },
  DELOS_DB_HOST: { name: "SLUICE_DB_HOST", when: inPostgres, fallback: "localhost" },
  DELOS_DB_PORT: { name: "SLUICE_DB_PORT", when: inPostgres },
  DELOS_DB_USER: { name: "SLUICE_DB_USER", when: inPostgres, fallback: "delos" },
  DELOS_DB_PASSWORD: { name: "SLUICE_DB_PASSWORD", when: inPostgres },
  DELOS_DB_NAME: { name: "SLUICE_DB_NAME", when: inPostgres, fallback: "delos" },
  DELOS_DB_SSLMODE: { name: "SLUICE_DB_SSLMODE", when: inPostgres },
  DELOS_LOG_LEVEL: { name: "SLUICE_LOG_LEVEL" },
  DELOS_LOG_FORMAT: { name: "SLUICE_LOG_FORMAT" },
  DELOS_TRACING_ENABLED: { name: "SLUICE_TRACING", translate: onOff },
  DELOS_TRACING_SAMPLING: { name: "SLUICE_TRACING_SAMPLING" },
  // Always there for somebody who asks for traces, and no reason of its own to send any.
  DELOS_OBSERVE_ENDPOINT: {
    name: "SLUICE_OTLP_ENDPOINT",
    translate: otlpAddress,
    when: traced,
    fallback: "localhost:9000",
  },
  DOCKER_HOST: { name: "SLUICE_DOCKER_HOST" },
  // As Docker's client reads it: any text but none.
  DOCKER_TLS_VERIFY: { name: "SLUICE_DOCKER_TLS_VERIFY", translate: () => "on" },
  DOCKER_CERT_PATH: { name: "SLUICE_DOCKER_CERT_PATH" },
  DOCKER_CONFIG: { name: "SLUICE_DOCKER_CONFIG" },
  KUBECONFIG: { name: "SLUICE_KUBECONFIG" },
};

/** Accepted, and of no consequence: what is said about it when the server starts. */
const WITHOUT_EFFECT: Readonly<Record<string, string>> = {
  DELOS_REDIS_URL: "there is no Redis here: what is worth keeping is in the database, and nothing else is cached",
};

const BACKENDS = ["memory", "postgres"];

export interface Aliased {
  /** With our names for what was said under others. */
  environment: Record<string, string | undefined>;
  /** Under which name a variable of ours was given, where that was not its own. */
  givenAs: ReadonlyMap<string, string>;
  /** What cannot be used, in the words of the error. */
  problems: string[];
  /** For the log. */
  notes: string[];
}

export function readAliases(environment: Environment): Aliased {
  const given = new Map<string, string>();
  const values: Record<string, string | undefined> = { ...environment };
  const isSet = (name: string): boolean => (environment[name] ?? "") !== "";
  // An address that holds everything goes before its parts.
  const hasUrl = isSet("DATABASE_URL") || isSet("SLUICE_DB_HOST");
  for (const [alias, { name, translate = asItIs, fallback, when }] of Object.entries(ALIASES)) {
    if (isSet(name) || when?.(environment) === false || (hasUrl && name.startsWith("SLUICE_DB_"))) continue;
    const value = isSet(alias) ? environment[alias] : fallback;
    if (value === undefined) continue;
    values[name] = translate(value);
    given.set(name, alias);
  }
  return {
    environment: values,
    givenAs: given,
    problems: backendProblem(environment.DELOS_STORAGE_BACKEND),
    notes: Object.entries(WITHOUT_EFFECT).flatMap(([name, note]) => (isSet(name) ? [`${name}: ${note}`] : [])),
  };
}

function backendProblem(backend: string | undefined): string[] {
  if (backend === undefined || backend === "" || BACKENDS.includes(backend)) return [];
  return [`DELOS_STORAGE_BACKEND is ${JSON.stringify(backend)}; allowed: ${BACKENDS.join(", ")}`];
}
