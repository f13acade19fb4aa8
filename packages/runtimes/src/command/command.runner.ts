import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import {
  identify,
  isAlive,
  killQuietly,
  type ProcessIdentity,
  processesWithVariable,
} from "../process/process-table.ts";
import { commandFolder, HOST_MARK } from "./command.folder.ts";
import { sweep } from "./command.host.ts";
import { type CommandOrder, type CommandResult, commandResultSchema } from "./command.order.ts";

const MAIN = fileURLToPath(new URL("./command.main.ts", import.meta.url));

/** Which command is meant: its mark and its folder. */
export type CommandName = Pick<CommandOrder, "id" | "folder">;

/** What is known of a command. `unbegun`: nothing of it ran. `lost`: it may have run, and nobody knows to what end. */
export type CommandState = { kind: "unbegun" | "running" | "lost" } | { kind: "ended"; result: CommandResult };

/**
 * Begins a command in a folder that is made for it; what an unfinished begin left there goes first. Resolves when the host has
 * its order; `onEnd` is called when it has ended, as long as this process lives.
 */
export async function beginCommand(order: CommandOrder, onEnd: () => void): Promise<void> {
  await rm(order.folder, { recursive: true, force: true });
  await mkdir(order.folder, { recursive: true, mode: 0o700 });
  // A session of its own: neither our death nor a signal to our group reaches it.
  const host = spawn(process.execPath, [MAIN], {
    detached: true,
    cwd: order.folder,
    env: { PATH: order.env.PATH ?? "", [HOST_MARK]: order.id },
    stdio: ["pipe", "ignore", "ignore"],
  });
  host.once("exit", onEnd);
  await new Promise<void>((resolve, reject) => {
    host.once("error", reject);
    host.stdin.once("error", reject);
    host.stdin.end(JSON.stringify(order), resolve);
  });
  host.unref();
}

export function lookAtCommand(name: CommandName): CommandState {
  const found = resultOf(name.folder);
  if (found !== null) return { kind: "ended", result: found };
  if (hostOf(name) !== null) return { kind: "running" };
  // It may have ended between the two looks.
  const late = resultOf(name.folder);
  if (late !== null) return { kind: "ended", result: late };
  return { kind: existsSync(commandFolder(name.folder).began) ? "lost" : "unbegun" };
}

/** Asks the host to stop its command, which takes as long as the order allows. */
export function stopCommand(name: CommandName): void {
  const host = hostOf(name);
  if (host === null) return;
  try {
    process.kill(host.pid, "SIGTERM");
  } catch {
    // It has ended just now.
  }
}

/** Ends the host and everything that it started, at once. */
export function killCommand(name: CommandName): void {
  const host = hostOf(name);
  if (host !== null) killQuietly(host);
  sweep(name.id);
}

const identitySchema = z.object({ pid: z.number(), startTime: z.string(), bootId: z.string() });

/** The host, when it lives; one that has not written its name yet is known by its mark. */
function hostOf({ id, folder }: CommandName): ProcessIdentity | null {
  const written = readJson(commandFolder(folder).host, identitySchema);
  if (written !== null) return isAlive(written) ? written : null;
  return processesWithVariable(HOST_MARK, id).find(({ pid }) => identify(pid) !== null) ?? null;
}

const resultOf = (folder: string): CommandResult | null => readJson(commandFolder(folder).result, commandResultSchema);

function readJson<Schema extends z.ZodType>(file: string, schema: Schema): z.output<Schema> | null {
  try {
    return schema.safeParse(JSON.parse(readFileSync(file, "utf8"))).data ?? null;
  } catch {
    return null; // Not there, or half of it: both mean not yet.
  }
}
