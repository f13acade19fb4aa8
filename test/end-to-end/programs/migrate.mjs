// A migration of a data base that is a file: `migrate.mjs <file> add|drop <column> [ms]`. Like a good migration it may run twice.
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

const [file, what, column, ms = "0"] = process.argv.slice(2);
if (process.env.REFUSE === column) {
  console.error(`column ${column} is locked`);
  process.exit(3);
}
await delay(Number(ms));
const columns = new Set(existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : []);
if (what === "add") columns.add(column);
else columns.delete(column);
writeFileSync(`${file}.new`, JSON.stringify([...columns]));
renameSync(`${file}.new`, file);
