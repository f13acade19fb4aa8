import type { Environment } from "../config.ts";
import type { Io, Screen } from "../io.ts";

export interface TestIo extends Io {
  /** Everything written so far; of a picture, each state it was drawn in. */
  out(): string;
  err(): string;
  interrupt(): void;
}

interface Options {
  environment?: Environment;
  input?: string;
  isTTY?: boolean;
  now?: number;
}

export const NOW = Date.parse("2026-11-21T10:05:00.000Z");

/** An outside world for one run of the command line that keeps what it is told. */
export function testIo({ environment = {}, input = "", isTTY = false, now = NOW }: Options = {}): TestIo {
  const written = { out: "", err: "" };
  const stop = new AbortController();
  const screen = (name: keyof typeof written): Screen => ({
    isTTY,
    columns: 100,
    write: (text) => {
      written[name] += text;
    },
    picture: () => ({
      draw: (text) => {
        written[name] += `${text}\n`;
      },
      done: () => undefined,
    }),
  });
  return {
    stdout: screen("out"),
    stderr: screen("err"),
    readInput: async () => input,
    inputPieces: async function* () {
      yield input;
    },
    environment: { NO_COLOR: "1", SLUICE_DATA_DIR: "/nonexistent/sluice", ...environment },
    interrupted: () => stop.signal,
    now: () => now,
    out: () => written.out,
    err: () => written.err,
    interrupt: () => stop.abort(new Error("interrupted")),
  };
}
