import type { ChildProcess } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { RouteConfig } from "@sluice/core";
import { adminFile, connectGateway, type GatewayAdmin } from "@sluice/gateway";
import { freePort } from "../../packages/server/src/testing/free.port.ts";
import { firstLine, isInstalled, start, temporary } from "./processes.ts";

export interface Peer {
  name: string;
  port: number;
  child: ChildProcess;
}

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

/** What all proxies lead to: nginx where it is installed, so that neither it nor the load is what limits them. */
export async function startUpstream(): Promise<Peer> {
  if (isInstalled("nginx")) return startNginxUpstream();
  const child = start(false, process.execPath, [path("../gateway.upstream.ts")]);
  return { name: "no proxy", port: Number(await firstLine(child)), child };
}

async function startNginxUpstream(): Promise<Peer> {
  const port = await freePort();
  const answer = `default_type application/json; return 200 '{"greeting":"hello","number":12345}';`;
  const server = `server { listen 127.0.0.1:${port}; location / { ${answer} } }`;
  const child = start(false, "nginx", nginxOf(temporary("upstream"), server));
  await answers(port);
  return { name: "no proxy", port, child };
}

/** Arguments of an nginx that has one worker, says nothing and closes no connection. */
function nginxOf(folder: string, http: string): string[] {
  const file = join(folder, "nginx.conf");
  writeFileSync(
    file,
    `daemon off; worker_processes 1; error_log stderr crit; pid ${folder}/nginx.pid;
events { worker_connections 1024; }
http {
  access_log off; keepalive_requests 100000000;
  client_body_temp_path ${folder}/b; proxy_temp_path ${folder}/p; fastcgi_temp_path ${folder}/f;
  uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
  ${http}
}
`,
  );
  return ["-p", folder, "-c", file];
}

export async function startBareProxy(upstream: number): Promise<Peer> {
  const child = start(true, process.execPath, [path("../gateway.bare.ts"), String(upstream)]);
  return { name: "bare undici proxy", port: Number(await firstLine(child)), child };
}

/** Our gateway as its own process, and the way to drive it. */
export async function startGateway(): Promise<Peer & { admin: GatewayAdmin }> {
  const dataDir = temporary("gateway");
  const main = path("../../packages/gateway/src/main.ts");
  const child = start(true, process.execPath, [main, "--data-dir", dataDir, "--port", "0"]);
  await firstLine(child);
  child.stdout?.resume();
  const admin = connectGateway(adminFile(dataDir));
  return { name: "sluice gateway", port: (await admin.address()).publicPort, child, admin };
}

/** Two revisions at 90/10 with a guard on errors and latency. */
export function splitRoute(stable: number, candidate: number, changes: Partial<RouteConfig> = {}): RouteConfig {
  const backend = (revision: number, port: number) => ({
    revision,
    version: `1.${revision}.0`,
    endpoints: [{ id: `ins_${revision}`, host: "127.0.0.1", port }],
  });
  return {
    id: "dep_bench",
    project: "default",
    deployment: "bench",
    epoch: 1,
    match: { path: "/" },
    stripPrefix: true,
    stickiness: { by: "none" },
    timeouts: { connectMs: 1_000, responseMs: 30_000, idleMs: 60_000 },
    split: [
      { revision: 1, weight: 9_000 },
      { revision: 2, weight: 1_000 },
    ],
    pins: [],
    mirror: null,
    backends: [backend(1, stable), backend(2, candidate)],
    guard: {
      hypothesis: "bench",
      stable: 1,
      candidate: 2,
      alpha: 0.004,
      metrics: [
        { name: "error_rate", share: 0.625 },
        // As every rollout has it unless it says otherwise.
        { name: "latency", share: 0.375, tolerance: 0.1, toleranceMs: 5 },
      ],
      closes: true,
    },
    ...changes,
  };
}

/** nginx with one worker and `split_clients`; null when it is not installed. */
export async function startNginx(upstream: number): Promise<Peer | null> {
  if (!isInstalled("nginx")) return null;
  const port = await freePort();
  const arms = ["stable", "candidate"].map(
    (arm) => `upstream ${arm} { server 127.0.0.1:${upstream}; keepalive 64; keepalive_requests 100000000; }`,
  );
  const http = `${arms.join("\n  ")}
  split_clients "$request_id" $arm { 10% candidate; * stable; }
  server {
    listen 127.0.0.1:${port};
    location / { proxy_pass http://$arm; proxy_http_version 1.1; proxy_set_header Connection ""; }
  }`;
  const child = start(true, "nginx", nginxOf(temporary("nginx"), http));
  await answers(port);
  return { name: "nginx, one worker, split_clients", port, child };
}

/** HAProxy with one thread and weighted servers; null when it is not installed. */
export async function startHaproxy(upstream: number): Promise<Peer | null> {
  if (!isInstalled("haproxy")) return null;
  const port = await freePort();
  const file = join(temporary("haproxy"), "haproxy.cfg");
  writeFileSync(
    file,
    `global
  nbthread 1
defaults
  mode http
  timeout connect 1s
  timeout client 60s
  timeout server 60s
  http-reuse always
frontend in
  bind 127.0.0.1:${port}
  default_backend arms
backend arms
  balance random
  server stable 127.0.0.1:${upstream} weight 90
  server candidate 127.0.0.1:${upstream} weight 10
`,
  );
  const child = start(true, "haproxy", ["-f", file]);
  await answers(port);
  return { name: "HAProxy, one thread", port, child };
}

async function answers(port: number): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const answer = await fetch(`http://127.0.0.1:${port}/`).catch(() => null);
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`nothing answers at port ${port}`);
}
