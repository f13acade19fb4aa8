import pino from "pino";
import { createDatabase, createPool } from "../../db/database.ts";
import { nothingLive } from "../../testing/app.ts";
import { startClockwork } from "../clockwork.ts";

/**
 * One server's clockwork, to be killed: `node clockwork.program.ts <database> <epoch> <speed>`. Its clock stands at 2026-11-21T10:00 UTC
 * at the moment `epoch` and goes `speed` times as fast as ours, so that a minute need not last one.
 */
const [, , url = "", epoch = "0", speed = "1"] = process.argv;
const BEGIN = Date.parse("2026-11-21T10:00:00.000Z");

const pool = createPool(url, 4, () => undefined);
startClockwork({
  db: createDatabase(pool),
  pool,
  live: nothingLive,
  clock: () => Math.floor(BEGIN + (Date.now() - Number(epoch)) * Number(speed)),
  logger: pino({ level: "silent" }),
  lookEvery: 20,
});
