import { parseArgs } from "node:util";
import { pino } from "pino";
import { startGatewayProcess } from "./gateway.process.ts";

const USAGE = "usage: main.ts --data-dir <folder> [--bind 127.0.0.1] [--port 30080] [--drain-ms 30000]";

/** The command line, checked; prints what is wrong and how to do it right, and ends with code 2 otherwise. */
function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        "data-dir": { type: "string" },
        bind: { type: "string", default: "127.0.0.1" },
        port: { type: "string", default: "30080" },
        "drain-ms": { type: "string", default: "30000" },
      },
    });
    if (values["data-dir"] === undefined) throw new Error("--data-dir is missing");
    return {
      dataDir: values["data-dir"],
      bind: values.bind,
      port: wholeNumber("--port", values.port, 65_535),
      drainMs: wholeNumber("--drain-ms", values["drain-ms"], 3_600_000),
    };
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${USAGE}\n`);
    process.exit(2);
  }
}

function wholeNumber(option: string, written: string, max: number): number {
  const value = Number(written);
  if (/^\d+$/.test(written) && value <= max) return value;
  throw new Error(`${option} is ${written}; allowed: a whole number from 0 to ${max}`);
}

const logger = pino({ name: "gateway" });
try {
  const running = await startGatewayProcess({ ...readOptions(), logger });
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
