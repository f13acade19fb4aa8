import { pino } from "pino";
import { processOptions, USAGE } from "./config.ts";
import { startGatewayProcess } from "./gateway.process.ts";

/** How this process was called; prints what is wrong and how to do it right, and ends with code 2 otherwise. */
function options(): ReturnType<typeof processOptions> {
  if (process.argv.includes("--help")) {
    process.stdout.write(`${USAGE}\n`);
    process.exit(0);
  }
  try {
    return processOptions();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}\n`);
    process.exit(2);
  }
}

const logger = pino({ name: "gateway" });
try {
  const running = await startGatewayProcess({ ...options(), logger });
  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    running.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        logger.fatal({ err: error }, "the gateway could not stop cleanly");
        process.exit(1);
      },
    );
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
} catch (error) {
  logger.fatal({ err: error }, "the gateway could not start");
  process.exitCode = 1;
}
