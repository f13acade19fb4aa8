#!/usr/bin/env node
import { text } from "node:stream/consumers";
import { processEnvironment } from "./config.ts";
import { screenOf } from "./io.ts";
import { run } from "./program.ts";

function interrupted(): AbortSignal {
  const interrupt = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => interrupt.abort(new Error("interrupted")));
  return interrupt.signal;
}

// `sluice … | head` closes the pipe early; that is no failure of ours.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

process.exitCode = await run(process.argv.slice(2), {
  stdout: screenOf(process.stdout),
  stderr: screenOf(process.stderr),
  readInput: () => text(process.stdin),
  inputPieces: () => process.stdin.setEncoding("utf8"),
  environment: processEnvironment(),
  interrupted,
  now: Date.now,
});
