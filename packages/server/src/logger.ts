import pino, { type Logger } from "pino";

/** Fields that may hold a secret, wherever they stand in a log line. */
const SECRET = ["authorization", "cookie", "password", "token", "secret", "env", "connectionString", "databaseUrl"];

/** The server's log: JSON lines on standard output, secrets replaced. */
export const createLogger = (level: string): Logger =>
  pino({
    level,
    base: null,
    redact: { paths: SECRET.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]), censor: "[redacted]" },
  });
