#!/usr/bin/env node
import { processEnvironment } from "../config.ts";
import { fetchModel } from "./fetch.ts";
import { fetchOptions, serveOptions } from "./image.config.ts";
import { serverCommand } from "./serve.ts";

/**
 * What the image of the model server runs: `fetch` brings the files, `serve` serves them. Two containers of a pod do so, one after
 * the other, so that what runs the model's code never has the keys of the storage.
 */

const environment = processEnvironment();

const USAGE = "usage: sluice-model-server fetch | serve\n";

async function run(command: string | undefined): Promise<void> {
  if (command === "fetch") {
    const names = await fetchModel(fetchOptions(environment));
    process.stdout.write(`fetched ${names.join(", ")}\n`);
    return;
  }
  const server = await serverCommand(serveOptions(environment));
  const [program = ""] = server;
  // In its place, as the first process of the container: signals reach it.
  process.execve?.(program, server, environment);
}

const [command] = process.argv.slice(2);
if (command !== "fetch" && command !== "serve") {
  process.stderr.write(USAGE);
  process.exit(2);
}
run(command).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
