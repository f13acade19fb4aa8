import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { CliError, EXIT } from "../exit.ts";

/** Programs beside this package. They are started, never imported. */
const PROGRAMS = {
  server: fileURLToPath(new URL("../../../server/src/main.ts", import.meta.url)),
  gateway: fileURLToPath(new URL("../../../gateway/src/main.ts", import.meta.url)),
} as const;

/**
 * Turns this process into another program, which has its signals, its output and its end from then on: whoever supervises
 * `sluice server` supervises the server.
 */
export function become(
  program: keyof typeof PROGRAMS,
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): never {
  const main = PROGRAMS[program];
  if (!existsSync(main)) {
    throw new CliError(EXIT.unexpected, `there is no ${program} beside this command: ${main} does not exist`);
  }
  if (process.execve === undefined) {
    throw new CliError(EXIT.unexpected, `this system cannot turn one program into another; run: node ${main}`);
  }
  const given = Object.entries(environment).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
  return process.execve(process.execPath, [process.execPath, main, ...args], Object.fromEntries(given));
}
