#!/usr/bin/env node
// Starts the CLI on a Node that can run it. Written for any Node since 14: an older one must get as far as the message.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import module from "node:module";
import { fileURLToPath } from "node:url";

const REQUIRED = 24;
const MAIN = new URL("../src/main.ts", import.meta.url);

/** The Node that npm installed with this workspace, if it did. */
const installed = () =>
  ["../node_modules/.bin/node", "../../../node_modules/.bin/node"]
    .map((path) => fileURLToPath(new URL(path, import.meta.url)))
    .find((path) => existsSync(path));

if (Number(process.versions.node.split(".")[0]) >= REQUIRED) {
  // Kept between calls, compiled modules halve what a call takes.
  module.enableCompileCache();
  await import(MAIN.href);
} else {
  const node = installed();
  if (node === undefined) {
    process.stderr.write(
      `sluice needs Node ${REQUIRED} or newer; this is Node ${process.versions.node} (${process.execPath}).\n` +
        `Install Node ${REQUIRED}, or run \`npm ci\` in the folder of Sluice: it brings one along.\n`,
    );
    process.exitCode = 1;
  } else {
    const child = spawn(node, [fileURLToPath(MAIN), ...process.argv.slice(2)], { stdio: "inherit" });
    for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
    child.on("exit", (code, signal) => {
      process.exitCode = signal === null ? code : 1;
    });
  }
}
