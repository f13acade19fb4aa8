import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Client, createClient } from "@sluice/client";
import pc from "picocolors";
import { readSettings } from "./config.ts";
import type { Io } from "./io.ts";
import { readServerInfo } from "./local/server-info.ts";
import { format, type OutputFormat } from "./output/format.ts";

export type Colors = ReturnType<typeof pc.createColors>;

/** What the flags that every command has say. */
export interface GlobalFlags {
  server?: string | undefined;
  token?: string | undefined;
  project?: string | undefined;
  dataDir?: string | undefined;
  output?: OutputFormat | undefined;
  color: boolean;
}

/** What a command works with: the client and the ways to speak. */
export interface Session {
  io: Io;
  client: Client;
  /** The project, when one was asked for; left out, the server takes the token's own, else `default`. */
  scope: { project?: string };
  /** Absolute. */
  dataDir: string;
  output: OutputFormat;
  colors: Colors;
  /** Prints an answer in the wanted format; `table` draws it for people. */
  print(data: unknown, table: () => string): void;
  /** A remark for people, on the standard error, so that it never mixes with output for machines. */
  note(text: string): void;
}

const DEFAULT_URL = "http://127.0.0.1:8303";

/** Flags win over variables, variables over what the server of the data folder left there. */
export function openSession(io: Io, flags: GlobalFlags): Session {
  const settings = readSettings(io.environment);
  const dataDir = flags.dataDir === undefined ? settings.dataDir : resolve(flags.dataDir);
  const url = flags.server ?? settings.url ?? readServerInfo(dataDir)?.url ?? DEFAULT_URL;
  const token = flags.token ?? settings.token ?? readAdminToken(dataDir);
  const project = flags.project ?? settings.project;
  const output = flags.output ?? "table";
  return {
    io,
    client: createClient({ url, ...(token !== null && { token }) }),
    scope: project === null ? {} : { project },
    dataDir,
    output,
    colors: pc.createColors(flags.color && settings.color && io.stdout.isTTY),
    print: (data, table) => io.stdout.write(format(output, data, table)),
    note: (text) => io.stderr.write(`${text}\n`),
  };
}

/** The token that a server with authentication writes into its data folder at its first start. */
function readAdminToken(dataDir: string): string | null {
  try {
    return readFileSync(join(dataDir, "admin-token"), "utf8").trim();
  } catch {
    return null;
  }
}
