import { SluiceError } from "@sluice/core";
import { type Config, ConfigError, processConfig } from "./config.ts";
import { stopEverything } from "./down.ts";
import { createLogger } from "./logger.ts";
import { startServer } from "./server.ts";

/** `node main.ts` runs the server until SIGTERM or SIGINT; `node main.ts down` stops all that its data folder has running. */

/** As in sysexits.h: EX_USAGE, EX_SOFTWARE, EX_CONFIG. */
const EXIT = { usage: 64, failure: 70, configuration: 78 } as const;

function complain(message: string, code: number): never {
  process.stderr.write(`sluice: ${message}\n`);
  process.exit(code);
}

function configuration(): Config {
  try {
    return processConfig();
  } catch (error) {
    if (error instanceof ConfigError) return complain(error.message, EXIT.configuration);
    throw error;
  }
}

async function run(config: Config): Promise<void> {
  const logger = createLogger(config);
  const server = await startServer(config, { logger });
  let stopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (stopping) return;
    stopping = true;
    logger.info({ signal }, "stopping; instances and gateway go on");
    server.stop().then(
      () => process.exit(0),
      (error: unknown) => complain(String(error), EXIT.failure),
    );
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
}

const [command, ...rest] = process.argv.slice(2);
const config = configuration();
try {
  if (command === undefined) await run(config);
  else if (command === "down" && rest.length === 0) await stopEverything(config, createLogger(config));
  else complain(`unknown command ${[command, ...rest].join(" ")}; known: none (run the server), down`, EXIT.usage);
} catch (error) {
  if (error instanceof SluiceError) complain(error.message, EXIT.failure);
  throw error;
}
