import { randomBytes } from "node:crypto";
import { access, chown, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import type { Logger } from "pino";
import { type Account, type Execute, executeAs, findAccount } from "./embedded/account.ts";
import { findBinaries } from "./embedded/binaries.ts";
import { findPostmaster } from "./embedded/postmaster.ts";

export interface EmbeddedOptions {
  /** The cluster lives in `<dataDir>/postgres`, its password in `<dataDir>/postgres.password` (0600). */
  dataDir: string;
  logger: Pick<Logger, "info" | "warn">;
  /** Settings of postgresql.conf for this start. */
  settings?: Record<string, string>;
}

export interface EmbeddedDatabase {
  url: string;
  /** True when it was running already, left behind by a server that was killed. */
  adopted: boolean;
  /** Stops PostgreSQL, and looking after it; what is committed stays. */
  stop(): Promise<void>;
}

const USER = "sluice";
const START_ATTEMPTS = 5;
const START_SECONDS = 60;

/**
 * Starts the PostgreSQL that comes from npm, on loopback and a free port, as a process that outlives ours; one that still
 * runs on the same folder is adopted instead. Until it is stopped it is looked after: one that dies comes back at the same
 * address. Throws with the end of PostgreSQL's own log when it does not start.
 */
export async function startEmbedded({ dataDir, logger, settings = {} }: EmbeddedOptions): Promise<EmbeddedDatabase> {
  const binaries = findBinaries();
  const account = await findAccount();
  await mkdir(dataDir, { recursive: true });
  const execute = await executeAs(account, { program: binaries.postgres, folder: dataDir });
  const cluster = join(dataDir, "postgres");
  const password = await passwordOf(join(dataDir, "postgres.password"), account);
  const place: Place = { cluster, dataDir, password, account, execute, pgCtl: binaries.pgCtl };

  const stop = async (): Promise<void> => {
    await execute(binaries.pgCtl, ["stop", "-D", cluster, "-m", "fast", "-w", "-t", "60"]);
  };
  const running = await adopt(place);
  if (running !== null) logger.info({ cluster }, "adopted the database that was still running");
  else await initialise(place, binaries.initdb);
  const port = running ?? (await start(place, settings, logger));
  const supervisor = supervise(place, () => start(place, settings, logger, port), logger);
  return {
    url: urlAt(port, password),
    adopted: running !== null,
    stop: async () => {
      await supervisor.end();
      await stop();
    },
  };
}

/** Milliseconds between two looks whether PostgreSQL still runs; one that cannot be started is tried ever less often. */
const LOOK_EVERY = { first: 1_000, last: 60_000 };

/** Starts PostgreSQL again at the same address when it died, as after an out-of-memory kill. */
function supervise(place: Place, restart: () => Promise<number>, logger: EmbeddedOptions["logger"]) {
  const over = new AbortController();
  const watch = async (): Promise<void> => {
    for (let pause = LOOK_EVERY.first; ; ) {
      await sleep(pause, undefined, { signal: over.signal, ref: false });
      const isBack = (await findPostmaster(place.cluster)) !== null;
      pause = isBack ? LOOK_EVERY.first : Math.min(LOOK_EVERY.last, pause * 2);
      if (isBack) continue;
      logger.warn({ cluster: place.cluster }, "the database died; starting it again");
      await restart().catch((err) => logger.warn({ err, again: pause }, "the database stays away; trying again"));
    }
  };
  const watching = watch().catch((error) => {
    if (!over.signal.aborted) logger.warn({ err: error }, "the database is not looked after any more");
  });
  return {
    end: async (): Promise<void> => {
      over.abort();
      await watching;
    },
  };
}

interface Place {
  cluster: string;
  dataDir: string;
  password: string;
  account: Account | null;
  execute: Execute;
  pgCtl: string;
}

const urlAt = (port: number, password: string): string => `postgres://${USER}:${password}@127.0.0.1:${port}/postgres`;

async function passwordOf(file: string, account: Account | null): Promise<string> {
  await writeFile(file, `${randomBytes(32).toString("base64url")}\n`, { flag: "wx", mode: 0o600 }).catch((error) => {
    if (error.code !== "EEXIST") throw error;
  });
  if (account !== null) await chown(file, account.uid, account.gid);
  return (await readFile(file, "utf8")).trim();
}

/** The port of a PostgreSQL that runs on this cluster, once it answers. */
async function adopt(place: Place): Promise<number | null> {
  const deadline = Date.now() + START_SECONDS * 1_000;
  for (let problem: unknown; ; ) {
    const postmaster = await findPostmaster(place.cluster);
    if (postmaster === null) return null;
    try {
      await ping(urlAt(postmaster.port, place.password));
      return postmaster.port;
    } catch (error) {
      problem = error;
    }
    if (Date.now() > deadline) {
      throw new Error(`the database in ${place.cluster} runs (pid ${postmaster.pid}) but does not answer`, {
        cause: problem,
      });
    }
    await sleep(50);
  }
}

async function ping(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  await client.connect();
  await client.end();
}

/** Makes the cluster in a folder beside its place and moves it there: a start that is killed leaves no half of one. */
async function initialise({ cluster, dataDir, account, execute }: Place, initdb: string): Promise<void> {
  if (await exists(join(cluster, "PG_VERSION"))) return;
  const fresh = `${cluster}.new`;
  await rm(fresh, { recursive: true, force: true });
  await mkdir(fresh, { mode: 0o700 });
  if (account !== null) await chown(fresh, account.uid, account.gid);
  await execute(initdb, [
    `--pgdata=${fresh}`,
    `--username=${USER}`,
    `--pwfile=${join(dataDir, "postgres.password")}`,
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--locale=C",
    "--no-instructions",
  ]);
  await rename(fresh, cluster);
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/**
 * Two causes pass by themselves, so a start is tried again: another program took the free port in between, and backends
 * of a PostgreSQL that was killed still hold its shared memory.
 */
async function start(
  place: Place,
  settings: Record<string, string>,
  logger: EmbeddedOptions["logger"],
  wanted?: number,
): Promise<number> {
  const log = join(place.cluster, "server.log");
  const fixed = { listen_addresses: "127.0.0.1", unix_socket_directories: "", logging_collector: "off" };
  for (let attempt = 1; ; attempt += 1) {
    const port = wanted ?? (await freePort());
    const options = Object.entries({ ...settings, ...fixed, port: String(port) }).map(
      ([key, value]) => `-c ${key}='${value}'`,
    );
    try {
      const args = [
        "start",
        "-D",
        place.cluster,
        "-l",
        log,
        "-w",
        "-t",
        String(START_SECONDS),
        "-o",
        options.join(" "),
      ];
      await place.execute(place.pgCtl, args);
      return port;
    } catch (cause) {
      const said = (await readFile(log, "utf8").catch(() => "")).split("\n").slice(-15).join("\n");
      if (attempt === START_ATTEMPTS)
        throw new Error(`the database in ${place.cluster} did not start:\n${said}`, { cause });
      logger.warn({ attempt, said }, "the database did not start; trying again");
      await sleep(200 * attempt);
    }
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() =>
        typeof address === "object" && address !== null ? resolve(address.port) : reject(new Error("no port")),
      );
    });
  });
}
