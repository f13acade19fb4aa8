import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { expect, onTestFinished, test } from "vitest";
import { createGateway } from "./gateway.ts";

test("a gateway whose state is damaged starts without its routes and keeps the damaged file for people", async () => {
  const dataDir = await mkdtemp(join(tmpdir(), "sluice-gateway-"));
  const state = join(dataDir, "gateway", "state.json");
  await mkdir(join(dataDir, "gateway"));
  await writeFile(state, '{"format":1,"routes":[{"conf');
  const gateway = createGateway({ dataDir, bind: "127.0.0.1", port: 0, name: "g", logger: pino({ level: "silent" }) });
  onTestFinished(async () => {
    await gateway.close(0);
    await rm(dataDir, { recursive: true });
  });

  await gateway.listen();

  expect(gateway.snapshot().routes).toEqual([]);
  expect(await readFile(`${state}.damaged`, "utf8")).toBe('{"format":1,"routes":[{"conf');
});
