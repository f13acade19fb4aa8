import { type ExecFileException, execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { SluiceError } from "@sluice/core";
import { z } from "zod";

/** As Docker's API takes them. */
export interface Credentials {
  username?: string;
  password?: string;
  identitytoken?: string;
  serveraddress: string;
}

const configSchema = z.object({
  auths: z
    .record(z.string(), z.object({ auth: z.string().optional(), identitytoken: z.string().optional() }))
    .default({}),
  credHelpers: z.record(z.string(), z.string()).default({}),
  credsStore: z.string().optional(),
});

const helperSchema = z.object({ Username: z.string(), Secret: z.string() });

const HELPER_MS = 10_000;
/** How helpers say that they have none. */
const NONE = /credentials not found/i;

interface Store {
  /** Absolute folder of Docker's `config.json`. */
  folder: string;
  env: Record<string, string | undefined>;
}

/**
 * What Docker's own client would log in with: read anew each time, so that a login counts at once. Null: none are kept.
 * Throws `failed_precondition` when they are, and cannot be had.
 */
export async function credentialsFor(registry: string, { folder, env }: Store): Promise<Credentials | null> {
  const file = join(folder, "config.json");
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return "{}";
    throw new SluiceError(
      "failed_precondition",
      `${file}, where credentials of registries are, cannot be read: ${error.code}`,
    );
  });
  const config = configSchema.safeParse(parseJson(text));
  if (!config.success) throw new SluiceError("failed_precondition", `${file} is no configuration of Docker`);
  const { auths, credHelpers, credsStore } = config.data;
  const helper = credHelpers[registry] ?? credsStore;
  if (helper !== undefined) return askHelper(helper, registry, env);
  const kept = auths[registry] ?? auths[`https://${registry}`];
  if (kept?.identitytoken !== undefined) return { identitytoken: kept.identitytoken, serveraddress: registry };
  if (kept?.auth === undefined) return null;
  const [username = "", ...password] = Buffer.from(kept.auth, "base64").toString("utf8").split(":");
  return { username, password: password.join(":"), serveraddress: registry };
}

/** The programs `docker-credential-…` take a registry by standard input and answer with JSON. */
function askHelper(name: string, registry: string, env: Store["env"]): Promise<Credentials | null> {
  const program = `docker-credential-${name}`;
  return new Promise((resolve, reject) => {
    const child = execFile(program, ["get"], { env, timeout: HELPER_MS }, (error, stdout) => {
      if (error !== null && NONE.test(stdout)) return resolve(null);
      const answer = helperSchema.safeParse(parseJson(stdout));
      if (error !== null || !answer.success) return reject(helperFailed(program, registry, error));
      const { Username: username, Secret: secret } = answer.data;
      const token = username === "<token>";
      resolve({ ...(token ? { identitytoken: secret } : { username, password: secret }), serveraddress: registry });
    });
    // A program that is not there, or does not read, breaks the pipe; its callback tells.
    child.stdin?.on("error", () => undefined).end(registry);
  });
}

/** Without what it printed: that may be a secret. */
function helperFailed(program: string, registry: string, error: ExecFileException | null): SluiceError {
  const why = error === null ? "it answered something else than credentials" : String(error.code ?? "it was stopped");
  return new SluiceError("failed_precondition", `${program} gave no credentials for ${registry}: ${why}`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
