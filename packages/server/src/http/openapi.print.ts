import pino from "pino";
import { readConfig } from "../config.ts";
import { createDatabase, createPool } from "../db/database.ts";
import { createApp } from "./app.ts";
import { createMetrics } from "./metrics.ts";
import { createServices } from "./services.ts";

/** Prints the OpenAPI document; neither a database nor a gateway is asked. */
const nothing = () => Promise.reject(new Error("only the document is printed here"));
const db = createDatabase(createPool("postgres://nobody@localhost/none", 1, () => undefined));
const app = await createApp({
  config: { auth: true, rateLimit: 1, bodyLimit: 1_024 },
  logger: pino({ level: "silent" }),
  db,
  metrics: createMetrics(db),
  services: createServices({
    db,
    clock: () => 0,
    bell: { next: nothing, close: async () => undefined },
    live: {
      gatewayUrl: "",
      observe: nothing,
      logs: async function* () {},
      route: () => null,
      gatewayConnected: () => false,
      restart: nothing,
    },
    checks: { root: "/", programPath: "", targets: new Set() },
    config: readConfig({}),
  }),
});
await app.ready();
process.stdout.write(`${JSON.stringify(app.swagger(), null, 2)}\n`);
await app.close();
