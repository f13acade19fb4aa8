import pino, { type Logger } from "pino";
import pretty from "pino-pretty";
import type { Config } from "./config.ts";

/** Fields that may hold a secret, wherever they stand in a log line. */
const SECRET = ["authorization", "cookie", "password", "token", "secret", "env", "connectionString", "databaseUrl"];

/** The server's log on standard output, secrets replaced: JSON lines, or text for people. */
export const createLogger = ({ logLevel, logFormat }: Pick<Config, "logLevel" | "logFormat">): Logger =>
  pino(
    {
      level: logLevel,
      base: null,
      redact: { paths: SECRET.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]), censor: "[redacted]" },
    },
    logFormat === "text"
      ? pretty({ colorize: false, translateTime: "UTC:yyyy-mm-dd'T'HH:MM:ss.l'Z'" })
      : pino.destination(1),
  );
