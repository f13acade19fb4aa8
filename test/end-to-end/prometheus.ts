import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../../packages/server/src/testing/free.port.ts";

/** A real Prometheus that scrapes one address every second. */
export async function startPrometheus(target: string): Promise<AsyncDisposable & { address: string }> {
  const folder = await mkdtemp(join(tmpdir(), "sluice-prometheus-"));
  const port = await freePort();
  const config = join(folder, "prometheus.yml");
  await writeFile(
    config,
    `global: {scrape_interval: 1s}\nscrape_configs: [{job_name: proxy, static_configs: [{targets: ["${target}"]}]}]\n`,
  );
  const options = [`--config.file=${config}`, `--storage.tsdb.path=${join(folder, "data")}`];
  const child = spawn("prometheus", [...options, `--web.listen-address=127.0.0.1:${port}`], { stdio: "ignore" });
  await once(child, "spawn");
  return {
    address: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      const ended = once(child, "exit");
      child.kill("SIGKILL");
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
