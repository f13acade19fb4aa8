import { text } from "node:stream/consumers";
import { identify } from "../process/process-table.ts";
import { writeAtomic } from "../supervision/atomic-file.ts";
import { commandFolder } from "./command.folder.ts";
import { hostCommand } from "./command.host.ts";
import { commandOrderSchema } from "./command.order.ts";

/** The process that looks after one command: `command.runner.ts` starts it and gives it its order. */

const stop = new AbortController();
process.on("SIGTERM", () => stop.abort());
process.on("SIGINT", () => stop.abort());
process.on("SIGHUP", () => undefined);

// Cut off where the server died while it wrote: then nothing has begun, and the next one begins anew.
const order = commandOrderSchema.parse(JSON.parse(await text(process.stdin)));
const paths = commandFolder(order.folder);
await writeAtomic(paths.host, JSON.stringify(identify(process.pid)), { durable: false });
await hostCommand(order, stop.signal);
process.exit(0);
