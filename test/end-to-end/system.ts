import { spawn } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Client, createClient } from "@sluice/client";
import { eventually } from "./eventually.ts";

const MAIN = fileURLToPath(new URL("../../packages/server/src/main.ts", import.meta.url));
const PROGRAMS = [
  new URL("programs/", import.meta.url),
  new URL("../../packages/runtimes/src/suite/fixtures/", import.meta.url),
  new URL("../../examples/greeter/", import.meta.url),
];

/** An answer of the server, whatever its status. */
export interface Answer {
  status: number;
  body: { detail?: string; code?: string; errors?: { field: string; found?: unknown; allowed?: string }[] };
}

/** The whole of Sluice on a folder of its own: server, database, gateway and programs are processes, as for a user. */
export interface System extends AsyncDisposable {
  /** Where relative working folders are looked for; `programs/` in it has the fixtures. */
  readonly root: string;
  readonly dataDir: string;
  readonly url: string;
  readonly gatewayUrl: string;
  readonly pid: number;
  readonly client: Client;
  /** Starts the server, again after `kill`; resolves when it is ready. */
  start(): Promise<void>;
  /** As `kill -9` of the server alone; resolves when it is dead. */
  kill(): Promise<void>;
  /** What the server wrote lately, for failures. */
  readonly output: string;
  /** One request, as written: for input that the client's types would not let through. */
  send(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
}

/** Starts a system. `settings` are further variables of the server. Disposing stops everything it has running. */
export async function startSystem(settings: Record<string, string> = {}): Promise<System> {
  const root = await mkdtemp(join(tmpdir(), "sluice-system-"));
  const dataDir = join(root, "data");
  await mkdir(join(root, "programs"));
  for (const folder of PROGRAMS) await cp(folder, join(root, "programs"), { recursive: true });
  const variables = {
    SLUICE_DATA_DIR: dataDir,
    SLUICE_HTTP_PORT: "0",
    SLUICE_GATEWAY_PORT: "0",
    SLUICE_GRPC_PORT: "0",
    SLUICE_RATE_LIMIT: "1000000",
    ...settings,
  };
  let output = "";
  const run = (...args: string[]) => {
    // `env` passes on the rest of this process's environment.
    const assignments = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
    const child = spawn("env", [...assignments, process.execPath, MAIN, ...args], {
      cwd: root,
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk: Buffer) => {
        output = `${output}${chunk}`.slice(-20_000);
      });
    }
    return { child, exited: new Promise<void>((resolve) => child.once("exit", () => resolve())) };
  };

  let server = run();
  let address = await ready();

  /** What the server that runs now wrote about itself, once it is ready. */
  async function ready(): Promise<{ url: string; gatewayUrl: string; pid: number; client: Client }> {
    return eventually("the server is ready", async () => {
      if (server.child.exitCode !== null) throw new Error(`the server ended:\n${output}`);
      const text = await readFile(join(dataDir, "server.json"), "utf8").catch(() => "{}");
      const info = JSON.parse(text);
      if (info.pid !== server.child.pid) return undefined;
      const token = (await readFile(join(dataDir, "admin-token"), "utf8").catch(() => "")).trim();
      const answer = await fetch(`${info.url}/readyz`).catch(() => null);
      if (answer?.ok !== true) return undefined;
      return { ...info, client: createClient({ url: info.url, ...(token === "" ? {} : { token }) }) };
    });
  }

  return {
    root,
    dataDir,
    get url() {
      return address.url;
    },
    get gatewayUrl() {
      return address.gatewayUrl;
    },
    get pid() {
      return address.pid;
    },
    get client() {
      return address.client;
    },
    get output() {
      return output;
    },
    async start() {
      server = run();
      address = await ready();
    },
    async kill() {
      server.child.kill("SIGKILL");
      await server.exited;
    },
    async send(method, path, body, headers = {}) {
      const response = await fetch(`${address.url}${path}`, {
        method,
        headers: { ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
        body: body === undefined ? null : typeof body === "string" ? body : JSON.stringify(body),
      });
      const text = await response.text();
      return { status: response.status, body: text === "" ? {} : JSON.parse(text) };
    },
    async [Symbol.asyncDispose]() {
      await run("down").exited;
      await rm(root, { recursive: true, force: true });
    },
  };
}
